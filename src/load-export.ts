import { availableParallelism } from 'node:os';
import type { Engine } from './engine/engine.ts';
import { AUTO_DEVICES, type Device, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun } from './engine/onnx/dtype.ts';
import { toRunRequest } from './engine/onnx/wire.ts';
import { ExportEngine } from './engine/onnx-export/export-engine.ts';
import type { ExportInterface } from './engine/onnx-export/protocol.ts';
import { oneOf } from './engine/parallel-engine.ts';
import { RerankitError, show } from './errors.ts';
import { refuseEmbeddingModel } from './model/embedding-model.ts';
import { readJsonObject } from './model/json-file.ts';
import type { ModelFiles } from './model/model-files.ts';
import { type ExportConfig, readExportConfig } from './model/onnx/export-config.ts';
import { dtypeOf, type OnnxFile } from './model/onnx/onnx-file.ts';
import type { LoadProgress } from './model/progress.ts';
import { DEFAULT_INSTRUCTION } from './prompt/template.ts';
import type { Encoder } from './scoring/token-scorer.ts';
import { refuseInstruction } from './scoring/token-scorer.ts';
import { TokenizerClient } from './tokenizer/client.ts';
import type { EncodeResponse } from './tokenizer/protocol.ts';
import type { LoadOptions, LocalInfo } from './types.ts';
import { unlessAborted } from './unless-aborted.ts';

const DEFAULT_MAX_LENGTH = 8192;
const DEFAULT_TOKEN_BUDGET = 2048;
/** Of models whose files say nothing. */
const DEFAULT_POSITIONS = 512;

/** A query with documents of unlike length: what is run to find out how rows can be run together. */
const SAMPLE_QUERY = 'what is the capital of France';
const SAMPLE_DOCUMENTS = [
  'The capital of France is Paris, a city on the river Seine.',
  'It is Paris.',
  'A cat sat on a mat, and looked at the rain.',
];

/** An ONNX export ready to run. */
export interface LoadedExport {
  readonly tokenizer: Encoder;
  readonly engine: Engine;
  readonly info: LocalInfo;
  readonly tokenBudget: number;
  /** `undefined` for models that know no instructions. */
  readonly defaultInstruction: string | undefined;
}

/** How loading is watched and given up. */
export interface LoadWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LoadProgress) => void;
}

/** Checks and loads an export. What was started is ended again if anything fails. */
export async function loadExport(
  files: ModelFiles,
  onnx: OnnxFile,
  options: LoadOptions,
  { signal, onProgress }: LoadWatch,
): Promise<LoadedExport> {
  await refuseEmbeddingModel(files);
  const config = await readExportConfig(files.config);
  if (config.kind === 'cross-encoder') refuseInstruction(options.instruction);
  const { maxLength, contextLength } = await lengthsOf(files, config, options.maxLength);
  const { device = 'auto', deviceId = 0, threads = availableParallelism() } = options;
  const deviceIds = options.devices ?? [deviceId];
  const tokenizerFiles = { tokenizer: files.tokenizer, tokenizerConfig: files.tokenizerConfig };
  const prompts = config.kind === 'qwen3' ? TokenizerClient.forPrompts(tokenizerFiles) : undefined;
  const pairs = config.kind === 'qwen3' ? undefined : TokenizerClient.forPairs(tokenizerFiles);
  const tokenizer = prompts ?? pairs;
  if (tokenizer === undefined) throw new Error('unreachable: a model is of one kind');
  let engines: readonly ExportEngine[] = [];
  try {
    onProgress({ phase: 'tokenizer' });
    const forPrompts = prompts && (await unlessAborted(prompts.load(), signal));
    const forPairs = pairs && (await unlessAborted(pairs.load(), signal));
    checkVocabulary(files, config, forPrompts?.largestId ?? forPairs?.largestId ?? 0);
    const graph: ExportInterface = {
      padId: config.padId ?? forPairs?.padId ?? 0,
      types: forPairs?.types ?? { prefix: 0, row: 0 },
      firstPosition: config.firstPosition,
      answers: forPrompts && { yesId: forPrompts.yesId, noId: forPrompts.noId },
      kvHeads: config.kvHeads,
      headDim: config.headDim,
    };
    const samples = await unlessAborted(
      tokenizer.encode({
        instruction: forPrompts && DEFAULT_INSTRUCTION,
        query: SAMPLE_QUERY,
        documents: SAMPLE_DOCUMENTS,
        maxLength: contextLength,
      }),
      signal,
    );
    const dtype = dtypeOf(onnx.name);
    const tokenBudget = options.tokenBudget ?? DEFAULT_TOKEN_BUDGET;
    engines = deviceIds.map((id) => {
      const request = {
        ...graph,
        path: onnx.path,
        devices: devicesFor(device, options.onnxFile === undefined ? dtype : undefined),
        deviceId: id,
        cudaLibraryDir: options.cudaLibraryDir,
        threads,
        tokenBudget,
        samples: samplesOf(samples),
      };
      return new ExportEngine(request, { onProgress, signal });
    });
    const [loaded] = await unlessAborted(Promise.all(engines.map((one) => one.load())), signal);
    if (loaded === undefined) throw new Error('The list of devices is empty.');
    const numbered = NUMBERED_DEVICES.includes(loaded.device);
    const info: LocalInfo = {
      model: files.id,
      source: files.kind,
      kind: config.kind,
      onnxFile: onnx.name,
      revision: files.revision,
      dtype,
      dtypeReason: `the export ${onnx.name}`,
      device: loaded.device,
      deviceId: numbered ? (deviceIds[0] ?? 0) : 0,
      deviceIds: numbered ? deviceIds : [0],
      threads,
      refusedDevices: loaded.refusedDevices,
      contextLength,
      maxLength,
    };
    const defaultInstruction = config.kind === 'qwen3' ? DEFAULT_INSTRUCTION : undefined;
    return { tokenizer, engine: oneOf(engines), info, tokenBudget: tokenBudget * engines.length, defaultInstruction };
  } catch (error) {
    // Not awaited: making a session cannot be interrupted, and whoever aborted should not wait for it.
    void tokenizer.dispose();
    for (const engine of engines) void engine.dispose();
    throw error;
  }
}

/** Devices to try. A quantized export goes where its type has kernels, unless the caller chose the file. */
function devicesFor(device: Device | 'auto', dtype: ReturnType<typeof dtypeOf> | undefined): readonly Device[] {
  if (device !== 'auto') return [device];
  return dtype === undefined ? AUTO_DEVICES : AUTO_DEVICES.filter((one) => canRun(one, dtype));
}

function samplesOf({ prefix, tokens, lengths }: EncodeResponse) {
  let end = 0;
  const rows = Array.from(lengths, (length) => {
    end += length;
    return { prefix: 0, tokens: tokens.subarray(end - length, end) };
  });
  return toRunRequest({ prefixes: [prefix], rows });
}

/** What the model's files allow, and what is run unless the caller says otherwise. */
async function lengthsOf(files: ModelFiles, config: ExportConfig, asked: number | undefined) {
  const tokenizer = files.tokenizerConfig === undefined ? {} : await readJsonObject(files.tokenizerConfig);
  const said = tokenizer['model_max_length'];
  // Tokenizers without a limit have an astronomical one.
  const advised = typeof said === 'number' && said >= 1 && said < 2 ** 31 ? Math.floor(said) : undefined;
  const contextLength = config.maxPositions ?? advised ?? DEFAULT_POSITIONS;
  if (asked !== undefined && asked > contextLength) {
    throw new RerankitError(
      'INVALID_OPTION',
      `The option maxLength is ${show(asked)}, but ${files.id} knows no more than ${contextLength} positions.`,
    );
  }
  return { contextLength, maxLength: asked ?? Math.min(DEFAULT_MAX_LENGTH, contextLength, advised ?? contextLength) };
}

/** An id beyond the embedding would fail only once a text has it. */
function checkVocabulary(files: ModelFiles, { vocabSize }: ExportConfig, largestId: number): void {
  if (vocabSize === undefined || largestId < vocabSize) return;
  throw new RerankitError(
    'MODEL_INVALID',
    `${files.tokenizer} has ids up to ${largestId}, but config.json says that vocab_size is ${vocabSize}: ` +
      'they belong to different models.',
  );
}
