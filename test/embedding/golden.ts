import { readFile } from 'node:fs/promises';
import type { SeededCheckpointSpec } from '../support/seeded-checkpoint.ts';

/** A text and its token ids. */
export interface GoldenText {
  readonly text: string;
  readonly ids: readonly number[];
}

export interface GoldenQuery {
  readonly query: string;
  readonly instruction?: string;
  readonly ids: readonly number[];
}

/** Vectors of a checkpoint, base64. */
export interface GoldenVectors {
  readonly name: string;
  readonly spec: SeededCheckpointSpec;
  readonly documents: string;
  readonly queries: string;
  readonly truncated: string;
}

export interface Golden {
  /** The template of Qwen3-Embedding's tokenizer.json. */
  readonly postProcessor: object;
  readonly documents: readonly GoldenText[];
  readonly queries: readonly GoldenQuery[];
  /** Texts that look like control tokens. */
  readonly forged: readonly GoldenText[];
  readonly maxLength: number;
  /** Texts that are longer than `maxLength`, and one that is not. */
  readonly truncated: readonly GoldenText[];
  readonly checkpoints: readonly GoldenVectors[];
}

/** What generate.py wrote, whose form it vouches for. */
export const golden: Golden = JSON.parse(await readFile(new URL('vectors.json', import.meta.url), 'utf8'));

/** The rows of `width` numbers that a string holds. */
export function rowsOf(base64: string, width: number): Float32Array[] {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  const values = new Float32Array(bytes.buffer);
  return Array.from({ length: values.length / width }, (_, row) => values.subarray(row * width, (row + 1) * width));
}

/** The cosine of the angle between two vectors, in float64. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
