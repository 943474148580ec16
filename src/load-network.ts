import { availableParallelism, totalmem } from 'node:os';
import type { Engine } from './engine/engine.ts';
import { AUTO_DEVICES, NUMBERED_DEVICES } from './engine/onnx/device.ts';
import { canRun } from './engine/onnx/dtype.ts';
import { OnnxEngine } from './engine/onnx/onnx-engine.ts';
import type { AnswerIds, LoadRequest } from './engine/onnx/protocol.ts';
import { oneOf } from './engine/parallel-engine.ts';
import { RerankitError, show } from './errors.ts';
import type { LoadStart } from './load-start.ts';
import type { Checkpoint } from './model/checkpoint.ts';
import type { NetworkInfo, NetworkOptions } from './types.ts';
import { unlessAborted } from './unless-aborted.ts';

const DEFAULT_MAX_LENGTH = 8192;
const DEFAULT_ATTENTION_BUDGET_BYTES = 128 * 2 ** 20;

/** What is loaded beside the network: see `TokenizerClient`. */
export interface NetworkTokenizer<Ids extends { readonly largestId: number }> {
  load(): Promise<Ids>;
  dispose(): Promise<void>;
}

/** A network to be loaded with the tokenizer that reads text for it. */
export interface NetworkRequest<Ids extends { readonly largestId: number }> {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: NetworkTokenizer<Ids>;
  /** What the engine has to know of the tokenizer; `undefined` for a network without a head. */
  readonly answers: (ids: Ids) => AnswerIds | undefined;
}

/** A network ready to run. */
export interface LoadedNetwork {
  readonly engine: Engine;
  readonly info: NetworkInfo;
  /** Tokens of a micro-batch that suit the device; `undefined` for the general default. */
  readonly tokenBudget: number | undefined;
}

/**
 * Loads a checkpoint's network, and the tokenizer beside it. What was started, the tokenizer included, is ended again if
 * anything fails.
 */
export async function loadNetwork<Ids extends { readonly largestId: number }>(
  { checkpoint, tokenizer, answers }: NetworkRequest<Ids>,
  options: NetworkOptions,
  start: LoadStart,
): Promise<LoadedNetwork> {
  const { device = 'auto', deviceId = 0, dtype = 'auto', threads = availableParallelism() } = options;
  const { signal, onProgress, store, fail } = start;
  const { files, config, tensors, headTensor, adapters } = checkpoint;
  const deviceIds = options.devices ?? [deviceId];
  let engines: readonly OnnxEngine[] = [];
  try {
    const maxLength = maxLengthOf(checkpoint, options.maxLength);
    options.onProgress?.({ phase: 'tokenizer' });
    const ids = tokenizer.load().then((loaded) => {
      checkVocabulary(checkpoint, loaded.largestId);
      return answers(loaded);
    });
    // What a bad tokenizer makes useless is not gone on with: compiling a model takes a while.
    ids.catch(fail);
    const request: Omit<LoadRequest, 'deviceId'> = {
      checkpoint: { config, tensors, headTensor, adapters },
      maxLength,
      dtype,
      cudaLibraryDir: options.cudaLibraryDir,
      memoryBytes: availableMemory(),
      store,
      devices: device === 'auto' ? AUTO_DEVICES.filter((one) => dtype === 'auto' || canRun(one, dtype)) : [device],
      threads,
      attentionBudgetBytes: options.attentionBudgetBytes ?? DEFAULT_ATTENTION_BUDGET_BYTES,
    };
    engines = deviceIds.map((id) => new OnnxEngine({ ...request, deviceId: id }, ids, { onProgress, signal }));
    const [loaded, ...others] = await unlessAborted(Promise.all(engines.map((one) => one.load())), signal);
    if (loaded === undefined) throw new Error('The list of devices is empty.');
    for (const warning of loaded.warnings) process.emitWarning(warning, { type: 'RerankitWarning' });
    const numbered = NUMBERED_DEVICES.includes(loaded.device);
    const info: NetworkInfo = {
      model: files.id,
      source: files.kind,
      revision: files.revision,
      dtype: loaded.dtype.dtype,
      dtypeReason: loaded.dtype.reason,
      device: loaded.device,
      deviceId: numbered ? (deviceIds[0] ?? 0) : 0,
      deviceIds: numbered ? deviceIds : [0],
      threads,
      refusedDevices: loaded.refusedDevices,
      contextLength: config.maxPositions,
      maxLength,
    };
    const budgets = [loaded, ...others].flatMap(({ tokenBudget }) => tokenBudget ?? []);
    // Each GPU gets its part of a micro-batch, so that the one with least memory sets the size of all parts.
    const tokenBudget = budgets.length === 0 ? undefined : Math.min(...budgets) * deviceIds.length;
    return { engine: oneOf(engines), info, tokenBudget };
  } catch (error) {
    // Not awaited: making a session cannot be interrupted, and whoever aborted should not wait for it.
    void tokenizer.dispose();
    for (const engine of engines) void engine.dispose();
    throw error;
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
