import { availableParallelism } from 'node:os';
import type { Engine } from './engine/engine.ts';
import { AUTO_DEVICES, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { OnnxEngine } from './engine/onnx/onnx-engine.ts';
import { ParallelEngine } from './engine/parallel-engine.ts';
import { RerankitError, show } from './errors.ts';
import { type Checkpoint, openCheckpoint } from './model/checkpoint.ts';
import { resolveModel } from './model/source.ts';
import { TokenizerClient } from './tokenizer/client.ts';
import type { LoadOptions, RerankerInfo } from './types.ts';

const DEFAULT_MAX_LENGTH = 8192;
const DEFAULT_ATTENTION_BUDGET_BYTES = 128 * 2 ** 20;

/** A model ready to run. */
export interface Loaded {
  readonly tokenizer: TokenizerClient;
  readonly engine: Engine;
  readonly info: RerankerInfo;
  /** Tokens of a micro-batch that suit the device; `undefined` for the general default. */
  readonly tokenBudget: number | undefined;
}

/** Finds, checks and loads a model. Options have been checked. What was started is ended again if anything fails. */
export async function load(model: string | undefined, options: LoadOptions): Promise<Loaded> {
  const { signal, onProgress, device = 'auto', deviceId = 0, threads = availableParallelism() } = options;
  signal?.throwIfAborted();
  const checkpoint = await openCheckpoint(await resolveModel(model, options));
  const maxLength = maxLengthOf(checkpoint, options.maxLength);
  signal?.throwIfAborted();

  const { files, config } = checkpoint;
  const tokenizer = new TokenizerClient({ tokenizer: files.tokenizer, tokenizerConfig: files.tokenizerConfig });
  const deviceIds = options.devices ?? [deviceId];
  let engines: readonly OnnxEngine[] = [];
  try {
    onProgress?.({ phase: 'tokenizer' });
    const { yesId, noId, largestId } = await unlessAborted(tokenizer.load(), signal);
    checkVocabulary(checkpoint, largestId);
    const request = {
      checkpoint: { config, tensors: checkpoint.tensors, headTensor: checkpoint.headTensor },
      yesId,
      noId,
      maxLength,
      devices: device === 'auto' ? AUTO_DEVICES : [device],
      dtype: options.dtype ?? 'auto',
      cudaLibraryDir: options.cudaLibraryDir,
      threads,
      attentionBudgetBytes: options.attentionBudgetBytes ?? DEFAULT_ATTENTION_BUDGET_BYTES,
    };
    engines = deviceIds.map((id) => new OnnxEngine({ ...request, deviceId: id }));
    onProgress?.({ phase: 'session' });
    const [loaded, ...others] = await unlessAborted(Promise.all(engines.map((one) => one.load())), signal);
    if (loaded === undefined) throw new Error('no device');
    const info: RerankerInfo = {
      model: files.id,
      source: files.kind,
      revision: files.revision,
      dtype: loaded.dtype,
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
    return { tokenizer, engine: oneOf(engines), info, tokenBudget };
  } catch (error) {
    // Not awaited: making a session cannot be interrupted, and whoever aborted should not wait for it.
    void tokenizer.dispose();
    for (const engine of engines) void engine.dispose();
    throw error;
  }
}

function oneOf(engines: readonly Engine[]): Engine {
  const [only] = engines;
  return only !== undefined && engines.length === 1 ? only : new ParallelEngine(engines);
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

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => {}); // When it is given up, nobody is left to hear of its failure.
  signal.throwIfAborted();
  const finished = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: finished.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    finished.abort();
  }
}
