import { availableParallelism, totalmem } from 'node:os';
import type { Engine } from './engine/engine.ts';
import { AUTO_DEVICES, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun } from './engine/onnx/dtype.ts';
import { OnnxEngine } from './engine/onnx/onnx-engine.ts';
import type { LoadRequest } from './engine/onnx/protocol.ts';
import { oneOf } from './engine/parallel-engine.ts';
import { RerankitError, show } from './errors.ts';
import { loadExport } from './load-export.ts';
import { type Checkpoint, openCheckpoint } from './model/checkpoint.ts';
import type { LoadProgress } from './model/progress.ts';
import { resolveModel } from './model/source.ts';
import { DEFAULT_INSTRUCTION } from './prompt/template.ts';
import type { Encoder } from './scoring/token-scorer.ts';
import { compiledFolder } from './store/index.ts';
import { TokenizerClient } from './tokenizer/client.ts';
import type { LoadOptions, LocalInfo } from './types.ts';
import { unlessAborted } from './unless-aborted.ts';

const DEFAULT_MAX_LENGTH = 8192;
const DEFAULT_ATTENTION_BUDGET_BYTES = 128 * 2 ** 20;

/** A model ready to run. */
export interface Loaded {
  readonly tokenizer: Encoder;
  readonly engine: Engine;
  readonly info: LocalInfo;
  /** Tokens of a micro-batch that suit the device; `undefined` for the general default. */
  readonly tokenBudget: number | undefined;
  /** Whether a prefix is computed once for all its rows. */
  readonly sharedPrefixes: boolean;
  /** Instruction of calls that give none; `undefined` for models that know no instructions. */
  readonly defaultInstruction: string | undefined;
}

/** Finds, checks and loads a model. Options have been checked. What was started is ended again if anything fails. */
export async function load(model: string | undefined, options: LoadOptions): Promise<Loaded> {
  const { onProgress, device = 'auto', deviceId = 0, dtype = 'auto', threads = availableParallelism() } = options;
  options.signal?.throwIfAborted();
  const store = storeOf(options);
  const found = await resolveModel(model, { ...options, onnx: { file: options.onnxFile, dtype } });
  // Loading is given up when the caller says so, or when its `onProgress` throws in an event of the engine's.
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])]);
  const onEngineProgress = (progress: LoadProgress): void => {
    try {
      onProgress?.(progress);
    } catch (error) {
      failure.abort(error);
    }
  };
  if (found.onnx !== undefined) {
    const watch = { signal, onProgress: onEngineProgress };
    return { ...(await loadExport(found, found.onnx, options, watch)), sharedPrefixes: false };
  }
  const checkpoint = await openCheckpoint(found);
  const maxLength = maxLengthOf(checkpoint, options.maxLength);
  signal.throwIfAborted();
  const { files, config, tensors, headTensor } = checkpoint;
  const tokenizer = TokenizerClient.forPrompts({ tokenizer: files.tokenizer, tokenizerConfig: files.tokenizerConfig });
  const deviceIds = options.devices ?? [deviceId];
  let engines: readonly OnnxEngine[] = [];
  try {
    onProgress?.({ phase: 'tokenizer' });
    const answers = tokenizer.load().then(({ largestId, ...ids }) => {
      checkVocabulary(checkpoint, largestId);
      return ids;
    });
    // What a bad tokenizer makes useless is not gone on with: compiling a model takes a while.
    answers.catch((error: unknown) => failure.abort(error));
    const request: Omit<LoadRequest, 'deviceId'> = {
      checkpoint: { config, tensors, headTensor },
      maxLength,
      dtype,
      cudaLibraryDir: options.cudaLibraryDir,
      memoryBytes: availableMemory(),
      store,
      devices: device === 'auto' ? AUTO_DEVICES.filter((one) => dtype === 'auto' || canRun(one, dtype)) : [device],
      threads,
      attentionBudgetBytes: options.attentionBudgetBytes ?? DEFAULT_ATTENTION_BUDGET_BYTES,
    };
    const listeners = { onProgress: onEngineProgress, signal };
    engines = deviceIds.map((id) => new OnnxEngine({ ...request, deviceId: id }, answers, listeners));
    const [loaded, ...others] = await unlessAborted(Promise.all(engines.map((one) => one.load())), signal);
    if (loaded === undefined) throw new Error('The list of devices is empty.');
    for (const warning of loaded.warnings) process.emitWarning(warning, { type: 'RerankitWarning' });
    const info: LocalInfo = {
      model: files.id,
      source: files.kind,
      kind: 'qwen3',
      onnxFile: undefined,
      revision: files.revision,
      dtype: loaded.dtype.dtype,
      dtypeReason: loaded.dtype.reason,
      device: loaded.device,
      deviceId: NUMBERED_DEVICES.includes(loaded.device) ? (deviceIds[0] ?? 0) : 0,
      deviceIds: NUMBERED_DEVICES.includes(loaded.device) ? deviceIds : [0],
      threads,
      refusedDevices: loaded.refusedDevices,
      contextLength: config.maxPositions,
      maxLength,
    };
    const budgets = [loaded, ...others].flatMap(({ tokenBudget }) => tokenBudget ?? []);
    // Each GPU gets its part of a micro-batch, so that the one with least memory sets the size of all parts.
    const tokenBudget = budgets.length === 0 ? undefined : Math.min(...budgets) * deviceIds.length;
    const engine = oneOf(engines);
    return { tokenizer, engine, info, tokenBudget, sharedPrefixes: true, defaultInstruction: DEFAULT_INSTRUCTION };
  } catch (error) {
    // Not awaited: making a session cannot be interrupted, and whoever aborted should not wait for it.
    void tokenizer.dispose();
    for (const engine of engines) void engine.dispose();
    throw error;
  }
}

/** Where compiled models are kept. A user without a place for them can still run every model. */
function storeOf({ compiledDir, compiledMaxBytes }: LoadOptions): LoadRequest['store'] {
  try {
    const folder = compiledFolder(compiledDir);
    return compiledMaxBytes === undefined ? { folder } : { folder, maxBytes: compiledMaxBytes };
  } catch (error) {
    if (!RerankitError.isInstance(error, 'CACHE_FAILED')) throw error;
    return { problem: error.message };
  }
}

/** Memory that this process may have: a container's limit, where there is one. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

function maxLengthOf({ files, config }: Checkpoint, asked: number | undefined): number {
  const { maxPositions } = config;
  if (asked === undefined) return Math.min(DEFAULT_MAX_LENGTH, maxPositions);
  if (asked <= maxPositions) return asked;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option maxLength is ${show(asked)}, but ${files.id} knows no more than ${maxPositions} positions.`,
  );
}

/** An id beyond the embedding would fail only once a text has it. */
function checkVocabulary({ files, config }: Checkpoint, largestId: number): void {
  if (largestId < config.vocabSize) return;
  throw new RerankitError(
    'MODEL_INVALID',
    `${files.tokenizer} has ids up to ${largestId}, but config.json says that vocab_size is ${config.vocabSize}: ` +
      'they belong to different models.',
  );
}
