import type { Engine } from './engine/engine.ts';
import { loadExport } from './load-export.ts';
import { loadNetwork } from './load-network.ts';
import { startLoad } from './load-start.ts';
import { describeReranker, openCheckpoint } from './model/checkpoint.ts';
import { openAdapters, withAdapters } from './model/lora/with-adapters.ts';
import { resolveModel } from './model/source.ts';
import { DEFAULT_INSTRUCTION } from './prompt/template.ts';
import type { Encoder } from './scoring/token-scorer.ts';
import { TokenizerClient } from './tokenizer/client.ts';
import type { LoadOptions, LocalInfo } from './types.ts';

/** A reranker's model ready to run. */
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

/** Finds, checks and loads a reranker. Options have been checked. What was started is ended again if anything fails. */
export async function load(model: string | undefined, options: LoadOptions): Promise<Loaded> {
  const start = startLoad(options);
  // Before gigabytes are fetched.
  const opened = await openAdapters(options.adapters);
  const found = await resolveModel(model, {
    ...options,
    check: describeReranker,
    onnx: { file: options.onnxFile, dtype: options.dtype ?? 'auto' },
  });
  if (found.onnx !== undefined) {
    return { ...(await loadExport(found, found.onnx, options, start)), sharedPrefixes: false };
  }
  const checkpoint = withAdapters(await openCheckpoint(found), opened);
  start.signal.throwIfAborted();
  const { tokenizer: path, tokenizerConfig } = found;
  const tokenizer = TokenizerClient.forPrompts({ tokenizer: path, tokenizerConfig });
  const network = await loadNetwork(
    { checkpoint, tokenizer, answers: ({ yesId, noId }) => ({ yesId, noId }) },
    options,
    start,
  );
  const adapters = checkpoint.adapters.map(({ path, scale }) => ({ path, scale }));
  const info: LocalInfo = { ...network.info, kind: 'qwen3', onnxFile: undefined, adapters };
  return { ...network, tokenizer, info, sharedPrefixes: true, defaultInstruction: DEFAULT_INSTRUCTION };
}
