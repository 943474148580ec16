import type { Engine } from '../engine/engine.ts';
import { loadNetwork } from '../load-network.ts';
import { startLoad } from '../load-start.ts';
import { describeEmbedder, openEmbedder } from '../model/embedder.ts';
import { resolveModel } from '../model/source.ts';
import { TokenizerClient } from '../tokenizer/client.ts';
import type { LoadTextsResponse } from '../tokenizer/protocol.ts';
import { checkDimensions, checkModel } from './options.ts';
import { DEFAULT_QUERY_PROMPT, queryPrompt } from './prompt.ts';
import type { EmbedderInfo, EmbedderOptions } from './types.ts';

/** An embedding model ready to run. */
export interface LoadedEmbedder {
  readonly tokenizer: TokenizerClient<LoadTextsResponse>;
  readonly engine: Engine;
  readonly info: EmbedderInfo;
  /** Tokens of a micro-batch that suit the device; `undefined` for the general default. */
  readonly tokenBudget: number | undefined;
}

/** Finds, checks and loads a model. Options have been checked. What was started is ended again if anything fails. */
export async function loadEmbedder(model: string, options: EmbedderOptions): Promise<LoadedEmbedder> {
  checkModel('Embedder.load', model);
  const start = startLoad(options);
  const files = await resolveModel(model, { ...options, check: describeEmbedder });
  const { checkpoint, prompts } = await openEmbedder(files, options.pooling);
  const maxDimensions = checkpoint.config.hiddenSize;
  const { dimensions = maxDimensions, instruction } = options;
  checkDimensions('Embedder.load', dimensions, maxDimensions);
  start.signal.throwIfAborted();
  const { tokenizer: path, tokenizerConfig } = files;
  const tokenizer = TokenizerClient.forTexts({ tokenizer: path, tokenizerConfig });
  const network = await loadNetwork({ checkpoint, tokenizer, answers: () => undefined }, options, start);
  const info: EmbedderInfo = {
    ...network.info,
    dimensions,
    maxDimensions,
    queryPrompt: instruction === undefined ? (prompts.query ?? DEFAULT_QUERY_PROMPT) : queryPrompt(instruction),
    documentPrompt: prompts.document ?? '',
  };
  return { ...network, tokenizer, info };
}
