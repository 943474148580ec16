import { availableParallelism } from 'node:os';
import { DEFAULT_TOKEN_BUDGET } from './defaults.ts';
import type { Engine } from './engine/engine.ts';
import { AUTO_DEVICES, type Device, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun } from './engine/onnx/dtype.ts';
import { toRunRequest } from './engine/onnx/wire.ts';
import { ExportEngine } from './engine/onnx-export/export-engine.ts';
import type { ExportInterface } from './engine/onnx-export/protocol.ts';
import { oneOf } from './engine/parallel-engine.ts';
import { RerankitError } from './errors.ts';
import type { LoadWatch } from './load-start.ts';
import { refuseEmbeddingModel } from './model/embedding-model.ts';
import type { ModelFiles } from './model/model-files.ts';
import { readExportConfig } from './model/onnx/export-config.ts';
import { checkVocabulary, lengthsOf } from './model/onnx/export-limits.ts';
import { dtypeOf, type OnnxFile } from './model/onnx/onnx-file.ts';
import { encodeSamples } from './prompt/samples.ts';
import { DEFAULT_INSTRUCTION } from './prompt/template.ts';
import { type Encoder, refuseInstruction } from './scoring/token-scorer.ts';
import { TokenizerClient } from './tokenizer/client.ts';
import type { LoadOptions, LocalInfo } from './types.ts';
import { unlessAborted } from './unless-aborted.ts';

/** An ONNX export ready to run. */
export interface LoadedExport {
  readonly tokenizer: Encoder;
  readonly engine: Engine;
  readonly info: LocalInfo;
  readonly tokenBudget: number;
  /** `undefined` for models that know no instructions. */
  readonly defaultInstruction: string | undefined;
}

/** Checks and loads an export. What was started is ended again if anything fails. */
export async function loadExport(
  files: ModelFiles,
  onnx: OnnxFile,
  options: LoadOptions,
  { signal, onProgress }: LoadWatch,
): Promise<LoadedExport> {
  refuseAdapters(options.adapters, onnx);
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
      encodeSamples(tokenizer, forPrompts && DEFAULT_INSTRUCTION, contextLength),
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
        samples: toRunRequest(samples),
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
      adapters: [],
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

/** The weights of an export are wherever its graph put them. */
function refuseAdapters(adapters: LoadOptions['adapters'] = [], onnx: OnnxFile): void {
  if (adapters.length === 0) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option adapters goes with safetensors, but the model is the ONNX export ${onnx.name}: merge the adapter before exporting.`,
  );
}

/** Devices to try. A quantized export goes where its type has kernels, unless the caller chose the file. */
function devicesFor(device: Device | 'auto', dtype: ReturnType<typeof dtypeOf> | undefined): readonly Device[] {
  if (device !== 'auto') return [device];
  return dtype === undefined ? AUTO_DEVICES : AUTO_DEVICES.filter((one) => canRun(one, dtype));
}
