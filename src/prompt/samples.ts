import type { MicroBatch } from '../engine/engine.ts';
import type { EncodeRequest, EncodeResponse } from '../tokenizer/protocol.ts';

/** A query with documents of unlike length: what is run to find out how rows can be run together. */
const SAMPLE_QUERY = 'what is the capital of France';
const SAMPLE_DOCUMENTS = [
  'The capital of France is Paris, a city on the river Seine.',
  'It is Paris.',
  'A cat sat on a mat, and looked at the rain.',
];

/** The samples as rows of one prefix. */
export async function encodeSamples(
  encoder: { encode(request: EncodeRequest): Promise<EncodeResponse> },
  instruction: string | undefined,
  maxLength: number,
): Promise<MicroBatch> {
  const request = { instruction, query: SAMPLE_QUERY, documents: SAMPLE_DOCUMENTS, maxLength };
  const { prefix, tokens, lengths } = await encoder.encode(request);
  let end = 0;
  const rows = Array.from(lengths, (length) => {
    end += length;
    return { prefix: 0, tokens: tokens.subarray(end - length, end) };
  });
  return { prefixes: [prefix], rows };
}
