import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reranker } from 'rerankit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';
import { expectGolden, promptTokens } from './expect-golden.ts';
import { type GoldenCheckpoint, goldenCheckpoints, goldenPairs, TRAINED_MODEL } from './golden-files.ts';

const TIMEOUT = { timeout: 120_000 };

describe.each(goldenCheckpoints)('scores of $name', (checkpoint: GoldenCheckpoint) => {
  let folder: string;
  const loaded = new Map<number | undefined, Reranker>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-test-'));
    if (checkpoint.spec !== undefined) await writeSeededCheckpoint(folder, checkpoint.spec);
  }, TIMEOUT.timeout);

  afterAll(async () => {
    for (const reranker of loaded.values()) await reranker.dispose();
    await rm(folder, { recursive: true, force: true });
  }, TIMEOUT.timeout);

  async function load(maxLength: number | undefined): Promise<Reranker> {
    let reranker = loaded.get(maxLength);
    if (reranker === undefined) {
      const options = maxLength === undefined ? {} : { maxLength };
      reranker = await Reranker.load(checkpoint.spec === undefined ? TRAINED_MODEL : folder, options);
      loaded.set(maxLength, reranker);
    }
    return reranker;
  }

  for (const group of checkpoint.groups) {
    const label = group.maxLength === undefined ? group.group : `${group.group}, maxLength ${group.maxLength}`;
    const rankings = goldenPairs(group);

    it(`${label}: one score() call`, TIMEOUT, async () => {
      const pairs = rankings.flat();
      const { scores, usage } = await (await load(group.maxLength)).score(pairs.map(request));
      expectGolden(scores, pairs);
      expect(usage.promptTokens).toBe(promptTokens(pairs));
      expect(usage.computedTokens + usage.savedTokens).toBe(usage.promptTokens);
    });

    it(`${label}: rerank() for each query`, TIMEOUT, async () => {
      const reranker = await load(group.maxLength);
      for (const pairs of rankings) {
        const [first] = pairs;
        if (first === undefined) throw new Error('a ranking without documents');
        const documents = pairs.map((pair) => pair.document);
        const { results, usage } = await reranker.rerank(first.query, documents, options(first));
        const logits = results.map((result) => result.logit);
        expect(logits).toEqual(logits.toSorted((a, b) => b - a));
        for (const result of results) expect(result.document).toBe(documents[result.index]);
        expectGolden(
          results.toSorted((a, b) => a.index - b.index),
          pairs,
        );
        expect(usage.promptTokens).toBe(promptTokens(pairs));
      }
    });
  }

  // A sum could hide two errors that cancel out, so these calls hold one pair each.
  it('prompt token counts pair by pair', TIMEOUT, async () => {
    for (const group of checkpoint.groups) {
      if (group.group === 'documents-300' || group.group.startsWith('long-')) continue;
      const reranker = await load(group.maxLength);
      const pairs = goldenPairs(group).flat();
      const outcomes = await Promise.all(pairs.map((pair) => reranker.score([request(pair)])));
      expect(outcomes.map((outcome) => outcome.usage.promptTokens)).toEqual(pairs.map((pair) => pair.promptTokens));
      expectGolden(
        outcomes.flatMap((outcome) => outcome.scores),
        pairs,
      );
    }
  });
});

interface Request {
  readonly query: string;
  readonly document: string;
  readonly instruction?: string;
}

function request({ query, document, instruction }: Request): Request {
  return { query, document, ...(instruction === undefined ? {} : { instruction }) };
}

function options({ instruction }: Request): { readonly instruction?: string } {
  return instruction === undefined ? {} : { instruction };
}
