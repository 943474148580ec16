import { basename, dirname } from 'node:path';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../src/prompt/template.ts';
import type { PeerRequest, Ranker } from './protocol.ts';
import { serve } from './serve.ts';

/** What is used of @huggingface/transformers, which is installed for this bench only. */
interface Transformers {
  readonly env: Record<string, unknown>;
  readonly AutoTokenizer: { from_pretrained(model: string): Promise<Tokenizer> };
  readonly AutoModelForCausalLM: {
    from_pretrained(model: string, options: Record<string, unknown>): Promise<CausalLm>;
  };
}
type Tokenizer = (
  texts: readonly string[],
  options: { readonly padding: boolean; readonly add_special_tokens: boolean },
) => Inputs;
interface Inputs {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
}
interface CausalLm {
  (inputs: Inputs): Promise<Record<string, Tensor>>;
  dispose(): Promise<unknown>;
}
interface Tensor {
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];
  dispose(): void;
}

/** Documents in a batch; the fastest for the workload is found by trying. */
const BATCH_SIZES = [1, 2, 4, 8, 16];
/** Most bytes of a batch's logits: the whole vocabulary at every position, in float32. */
const MOST_LOGITS_BYTES = 2.5e9;

await serve(load);

async function load({ model: folder, threads, yesId, noId, tuning }: PeerRequest): Promise<Ranker> {
  const name: string = '@huggingface/transformers';
  const { env, AutoTokenizer, AutoModelForCausalLM }: Transformers = await import(name);
  Object.assign(env, { allowRemoteModels: false, localModelPath: dirname(folder) });
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
    dtype: 'fp32',
    device: 'cpu',
    use_external_data_format: true,
    session_options: { intraOpNumThreads: threads, logSeverityLevel: 3 },
  });
  const { batchSize } = tuning ?? { batchSize: 2 };

  const promptOf = (query: string, document: string) =>
    SYSTEM_TURN + userTurn(DEFAULT_INSTRUCTION, query) + documentTurn(document) + SUFFIX;

  async function score(prompts: readonly string[]): Promise<{ tokens: number; logits: number[]; bytes: number }> {
    const inputs = tokenizer(prompts, { padding: true, add_special_tokens: false });
    const { attention_mask: mask } = inputs;
    const outputs = await model(inputs);
    const { data, dims: [rows = 0, length = 0, words = 0] = [] } = outputs['logits'] ?? {};
    if (data === undefined) throw new Error('The model gave no logits');
    let tokens = 0;
    const logits = Array.from({ length: rows }, (_, row) => {
      let own = 0;
      for (let at = 0; at < length; at++) own += Number(mask.data[row * length + at]);
      tokens += own;
      // Padding is on the right.
      const last = (row * length + own - 1) * words;
      return Number(data[last + yesId]) - Number(data[last + noId]);
    });
    for (const tensor of Object.values(outputs)) tensor.dispose();
    return { tokens, logits, bytes: 4 * rows * length * words };
  }

  return {
    settings: `${threads} threads, sorted by length, batches of ${batchSize}`,
    async tune({ query, documents }) {
      const sorted = documents.map((document) => promptOf(query, document)).sort((a, b) => a.length - b.length);
      const rates = new Map<number, number>();
      let bytesOfOne = 0;
      for (const size of BATCH_SIZES) {
        if (size > sorted.length || size * bytesOfOne > MOST_LOGITS_BYTES) break;
        const middle = Math.floor((sorted.length - size) / 2);
        const start = performance.now();
        const { tokens, bytes } = await score(sorted.slice(middle, middle + size));
        rates.set(size, (1000 * tokens) / (performance.now() - start));
        bytesOfOne = bytes / size;
      }
      const [best] = [...rates].sort(([, a], [, b]) => b - a);
      return {
        tuning: { batchSize: best?.[0] ?? 1 },
        tried: [...rates].map(([size, rate]) => `batches of ${size}: ${Math.round(rate)} tokens/s`).join(', '),
      };
    },
    async rank({ query, documents }) {
      const order = [...documents.keys()].sort((a, b) => lengthOf(documents, a) - lengthOf(documents, b));
      const logits = new Array<number>(documents.length);
      let promptTokens = 0;
      for (let from = 0; from < order.length; from += batchSize) {
        const batch = order.slice(from, from + batchSize);
        const scored = await score(batch.map((at) => promptOf(query, documents[at] ?? '')));
        for (const [row, at] of batch.entries()) logits[at] = scored.logits[row] ?? Number.NaN;
        promptTokens += scored.tokens;
      }
      return { countTokens: () => promptTokens, logits };
    },
    async dispose() {
      await model.dispose();
    },
  };
}

function lengthOf(documents: readonly string[], at: number): number {
  return documents[at]?.length ?? 0;
}
