import { DEFAULT_INSTRUCTION, SUFFIX, SYSTEM_TURN } from '../../src/prompt/template.ts';
import type { PeerRequest, Ranker } from './protocol.ts';
import { serve } from './serve.ts';

/** What is used of node-llama-cpp, which is installed for this bench only. */
interface LlamaModule {
  getLlama(options: Record<string, unknown>): Promise<Llama>;
}
interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}
interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): Token[];
  createRankingContext(options: RankingOptions): Promise<RankingContext>;
}
interface RankingOptions {
  readonly contextSize: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly template?: string;
}
interface RankingContext {
  rankAll(query: string | Token[], documents: readonly (string | Token[])[]): Promise<number[]>;
  calculateInputLength(query: string | Token[], document: string | Token[]): number;
}
type Token = number & { readonly __token: never };

/** Ends before the spaces that ids at these joints depend on. */
const TEMPLATE_WITHOUT_SPACES = `${SYSTEM_TURN}user\n<Instruct>: ${DEFAULT_INSTRUCTION}\n<Query>:{{query}}\n<Document>:{{document}}${SUFFIX}`;

await serve(load);

async function load({ model: modelPath, threads, maxLength, work }: PeerRequest): Promise<Ranker> {
  const name: string = 'node-llama-cpp';
  const { getLlama }: LlamaModule = await import(name);
  // The binary that comes with the package, which picks its kernels for this processor.
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath });
  const sameIds = work.kind === 'score' && work.sameIds;
  // Whole prompts in one batch where that is possible; llama.cpp takes no more documents than one at a time here.
  const contextSize = Math.ceil(maxLength / 256) * 256;
  const batchSize = contextSize;
  const context = await model.createRankingContext({
    contextSize,
    batchSize,
    threads,
    ...(sameIds ? { template: TEMPLATE_WITHOUT_SPACES } : {}),
  });
  const input = (text: string) => (sameIds ? model.tokenize(` ${text}`, false) : text);
  return {
    settings: `${threads} threads, context ${contextSize}, batch ${batchSize}`,
    async rank({ query, documents }) {
      const inputs = documents.map(input);
      const scores = await context.rankAll(input(query), inputs);
      return {
        promptTokens: inputs.reduce((sum, document) => sum + context.calculateInputLength(input(query), document), 0),
        logits: scores.map((score) => Math.log(score / (1 - score))),
      };
    },
    dispose: () => llama.dispose(),
  };
}
