import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const FOLDER = new URL('./fixtures/', import.meta.url);

export function fixture(name: string): Buffer {
  const bytes = readFileSync(new URL(name, FOLDER));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export const TOKENIZERS = ['bert', 'bert-cased', 'xlm-roberta', 'deberta', 'roberta', 'modernbert'] as const;

/** A tokenizer.json of a family, with SentencePiece's whole character map where it has one. */
export function tokenizerJson(name: string): string {
  const text = fixture(`tokenizers/${name}.json.gz`).toString('utf8');
  return text.replaceAll('"nmt_nfkc"', () => JSON.stringify(fixture('nmt_nfkc.gz').toString('base64')));
}
