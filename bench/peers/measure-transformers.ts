import { basename, dirname } from 'node:path';
import { DEFAULT_INSTRUCTION, documentTurn, SUFFIX, SYSTEM_TURN, userTurn } from '../../src/prompt/template.ts';
import type { PeerRequest, Ranker } from './protocol.ts';
import { serve } from './serve.ts';
import { openTransformers } from './transformers.ts';
import { tuneBatches } from './tune-batches.ts';

await serve(load);

async function load({ model: folder, threads, yesId, noId, tuning }: PeerRequest): Promise<Ranker> {
  const { AutoTokenizer, AutoModelForCausalLM, options } = await openTransformers(dirname(folder), threads);
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), options);
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
    tune: ({ query, documents }) =>
      tuneBatches(
        documents.map((document) => promptOf(query, document)),
        score,
      ),
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
