import { basename, dirname } from 'node:path';
import type { PeerRequest, Ranker } from './protocol.ts';
import { serve } from './serve.ts';
import { type Model, openTransformers, type Tokenizer } from './transformers.ts';
import { tuneBatches } from './tune-batches.ts';

/** What the family ends a text with; the bench's tokenizers do not add it. */
const END = '<|endoftext|>';

await serve(load);

/** What the pipeline `feature-extraction` does, with padding on the right, as the export wants it. */
async function load({ model: folder, threads, tuning }: PeerRequest): Promise<Ranker> {
  const { AutoTokenizer, AutoModel, options } = await openTransformers(dirname(folder), threads);
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
  const model = await AutoModel.from_pretrained(basename(folder), options);
  const { batchSize } = tuning ?? { batchSize: 2 };

  return {
    settings: `${threads} threads, sorted by length, batches of ${batchSize}`,
    tune: ({ documents }) => tuneBatches(documents.map(textOf), (texts) => embed(tokenizer, model, texts)),
    async rank({ query, documents }) {
      const texts = [query, ...documents].map(textOf);
      const order = [...texts.keys()].sort((a, b) => (texts[a]?.length ?? 0) - (texts[b]?.length ?? 0));
      const vectors = new Array<Float32Array>(texts.length);
      let promptTokens = 0;
      for (let from = 0; from < order.length; from += batchSize) {
        const batch = order.slice(from, from + batchSize);
        const embedded = await embed(
          tokenizer,
          model,
          batch.map((at) => texts[at] ?? ''),
        );
        for (const [row, at] of batch.entries()) vectors[at] = embedded.vectors[row] ?? new Float32Array();
        promptTokens += embedded.tokens;
      }
      const [asked = new Float32Array(), ...own] = vectors;
      return { countTokens: () => promptTokens, logits: own.map((vector) => dot(asked, vector)) };
    },
    async dispose() {
      await model.dispose();
    },
  };
}

function textOf(document: string): string {
  return document + END;
}

/** Vectors of a batch: the last token's state, of length 1. */
async function embed(tokenizer: Tokenizer, model: Model, texts: readonly string[]) {
  const inputs = tokenizer(texts, { padding: true, add_special_tokens: false });
  const outputs = await model(inputs);
  const { data, dims: [rows = 0, length = 0, width = 0] = [] } = outputs['last_hidden_state'] ?? {};
  if (data === undefined) throw new Error('The model gave no last_hidden_state');
  let tokens = 0;
  const vectors = Array.from({ length: rows }, (_, row) => {
    let own = 0;
    for (let at = 0; at < length; at++) own += Number(inputs.attention_mask.data[row * length + at]);
    tokens += own;
    const last = (row * length + own - 1) * width;
    const vector = Float32Array.from({ length: width }, (_, at) => Number(data[last + at]));
    const size = Math.sqrt(dot(vector, vector));
    return vector.map((value) => value / size);
  });
  for (const tensor of Object.values(outputs)) tensor.dispose();
  return { tokens, vectors, bytes: 4 * rows * length * width };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
