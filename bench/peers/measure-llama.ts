import { DEFAULT_INSTRUCTION, SUFFIX, SYSTEM_TURN } from '../../src/prompt/template.ts';
import type { Call } from '../workloads.ts';
import type { PeerRequest, Ranker, Tuning } from './protocol.ts';
import { serve } from './serve.ts';

/** What is used of node-llama-cpp, which is installed for this bench only. */
interface LlamaModule {
  getLlama(options: Record<string, unknown>): Promise<Llama>;
}
interface Llama {
  loadModel(options: ModelOptions): Promise<LlamaModel>;
  dispose(): Promise<void>;
}
interface ModelOptions {
  readonly modelPath: string;
  readonly defaultContextFlashAttention: FlashAttention;
}
interface LlamaModel {
  tokenize(text: string, specialTokens: boolean): Token[];
  createRankingContext(options: RankingOptions): Promise<RankingContext>;
  dispose(): Promise<void>;
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
type FlashAttention = boolean | 'auto';
type Token = number & { readonly __token: never };

/** Ends before the spaces that ids at these joints depend on. */
const TEMPLATE_WITHOUT_SPACES = `${SYSTEM_TURN}user\n<Instruct>: ${DEFAULT_INSTRUCTION}\n<Query>:{{query}}\n<Document>:{{document}}${SUFFIX}`;

/** The package's default. */
const USUAL_BATCH = 512;

await serve(load);

async function load({ model: modelPath, threads, maxLength, tuning, work }: PeerRequest): Promise<Ranker> {
  const packageName: string = 'node-llama-cpp';
  const { getLlama }: LlamaModule = await import(packageName);
  // The binary that comes with the package, which picks its kernels for this processor.
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
    maxThreads: threads,
  });
  const sameIds = work.kind === 'score' && work.sameIds;
  const contextSize = Math.ceil(maxLength / 256) * 256;

  async function open(settings: Tuning): Promise<Opened> {
    const model = await llama.loadModel({ modelPath, defaultContextFlashAttention: settings.flashAttention ?? 'auto' });
    const context = await model.createRankingContext({
      contextSize,
      batchSize: settings.batchSize,
      threads,
      ...(sameIds ? { template: TEMPLATE_WITHOUT_SPACES } : {}),
    });
    return { model, context, settings };
  }

  let current = await open(tuning ?? { batchSize: contextSize });
  async function rank({ query, documents }: Call) {
    const { model, context } = current;
    const input = (text: string) => (sameIds ? model.tokenize(` ${text}`, false) : text);
    const inputs = documents.map(input);
    const asked = input(query);
    const scores = await context.rankAll(asked, inputs);
    return {
      countTokens: () => inputs.reduce((sum, document) => sum + context.calculateInputLength(asked, document), 0),
      logits: scores.map((score) => Math.log(score / (1 - score))),
    };
  }

  async function timed(call: Call): Promise<number> {
    const start = performance.now();
    await rank(call);
    return performance.now() - start;
  }

  return {
    settings: `${threads} threads, context ${contextSize}, ${name(current.settings)}`,
    rank,
    /** llama.cpp takes one document at a time here; what suits it depends on the processor and on the length. */
    async tune({ query, documents }) {
      const call = { query, documents: documents.slice(documents.length >> 1).slice(0, 1) };
      const sizes = [...new Set([Math.min(USUAL_BATCH, contextSize), contextSize])];
      const times: { settings: Tuning; ms: number }[] = [];
      for (const flashAttention of [false, true]) {
        for (const batchSize of sizes) {
          await current.model.dispose();
          current = await open({ flashAttention, batchSize });
          times.push({ settings: current.settings, ms: Math.min(await timed(call), await timed(call)) });
        }
      }
      const [best] = [...times].sort((a, b) => a.ms - b.ms);
      return {
        tuning: best?.settings ?? current.settings,
        tried: times.map(({ settings, ms }) => `${name(settings)}: ${Math.round(ms)} ms`).join(', '),
      };
    },
    dispose: () => llama.dispose(),
  };
}

interface Opened {
  readonly model: LlamaModel;
  readonly context: RankingContext;
  readonly settings: Tuning;
}

function name({ flashAttention, batchSize }: Tuning): string {
  return `batch ${batchSize}${flashAttention === undefined ? '' : `, flash attention ${flashAttention ? 'on' : 'off'}`}`;
}
