import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeededCheckpointSpec } from '../support/seeded-checkpoint.ts';

/** One query and its documents. */
export interface GoldenRanking {
  readonly query: string;
  readonly documents: readonly string[];
  readonly instruction?: string;
}

/** Expected results of a group of rankings: `logits[ranking][document]`, and so on. */
export interface GoldenGroup {
  readonly group: string;
  readonly maxLength?: number;
  readonly logits: readonly (readonly number[])[];
  readonly promptTokens: readonly (readonly number[])[];
  readonly truncated?: readonly (readonly boolean[])[];
}

export interface GoldenCheckpoint {
  readonly name: string;
  /** None for the trained model in `test/golden/tiny-v0`. */
  readonly spec?: SeededCheckpointSpec;
  readonly sha256?: Readonly<Record<string, string>>;
  readonly groups: readonly GoldenGroup[];
}

/** A query-document pair with what is expected of it. */
export interface GoldenPair {
  readonly query: string;
  readonly document: string;
  readonly instruction?: string;
  readonly logit: number;
  readonly promptTokens: number;
  readonly truncated: boolean;
}

const GOLDEN = new URL('../golden/', import.meta.url);

/** A trained model whose reference scores are known. */
export const TRAINED_MODEL = fileURLToPath(new URL('tiny-v0', GOLDEN));

/** Reads a JSON file of test/golden, whose form its generator vouches for. */
export async function readGolden<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, GOLDEN), 'utf8'));
}

export const goldenTexts = await readGolden<Readonly<Record<string, readonly GoldenRanking[]>>>('texts.json');
export const goldenCheckpoints = (await readGolden<{ checkpoints: readonly GoldenCheckpoint[] }>('scores.json'))
  .checkpoints;

/** The rankings of a group. */
export function goldenRankings(group: string): readonly GoldenRanking[] {
  const rankings = goldenTexts[group];
  if (rankings === undefined) throw new Error(`texts.json has no group ${group}`);
  return rankings;
}

/** A group, one ranking at a time: what to send, and what to expect of each document. */
export function goldenPairs(group: GoldenGroup): readonly (readonly GoldenPair[])[] {
  return goldenRankings(group.group).map((ranking, row) =>
    ranking.documents.map((document, column) => {
      const logit = group.logits[row]?.[column];
      const promptTokens = group.promptTokens[row]?.[column];
      if (logit === undefined || promptTokens === undefined)
        throw new Error(`no result for ${group.group} ${row} ${column}`);
      const truncated = group.truncated?.[row]?.[column] ?? false;
      const { query, instruction } = ranking;
      return { query, document, ...(instruction === undefined ? {} : { instruction }), logit, promptTokens, truncated };
    }),
  );
}

/** Runs `use` with a temporary folder, which is gone afterwards. */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rerankit-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
