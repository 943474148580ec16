import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileWeights } from '../../src/compile/compile-weights.ts';
import type { MatrixForm } from '../../src/compile/read-matrix.ts';
import { MemorySink } from '../../src/compile/weight-sink.ts';
import { COMPILED_FORMAT } from '../../src/engine/onnx/compiled-key.ts';
import { openCheckpoint } from '../../src/model/checkpoint.ts';
import { resolveModel } from '../../src/model/source.ts';
import { writeSeededCheckpoint } from '../support/seeded-checkpoint.ts';

/** What is written for one small checkpoint, as it was when `COMPILED_FORMAT` was this. */
const PINNED_FORMAT = 2;
const PINNED: readonly (readonly [MatrixForm, string])[] = [
  [{ form: 'int8', bits: 8 }, 'e0ab0aa613b66796c18627169405f42bd484cf5e77c0b86202ee3b57fe66abcf'],
  [{ form: 'int8', bits: 7 }, '96e6611ad0abee7f8468e646970830b09e07d1c7bc69f4ddb7d2e971c69cf9c6'],
  [{ form: 'int4', bits: 8 }, '921d2f4e30ae23a6faa26fe13c05d0779947d1c98925336a7bf3140916f39920'],
];
const ADVICE =
  'Other bytes are written for the same model. If that is meant, raise COMPILED_FORMAT, so that compiled models on ' +
  "users' disks are not taken for new ones, and pin the new hashes here.";

describe('the form of compiled weights', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerankit-format-'));
    await writeSeededCheckpoint(folder, {
      seed: 3,
      dtype: 'BF16',
      hidden: 48,
      layers: 1,
      heads: 2,
      kvHeads: 1,
      headDim: 32,
      intermediate: 130,
      vocabSize: 32_000,
      tied: true,
      shards: 1,
      head: 'causal-lm',
      configStyle: 'new',
      ropeTheta: 1e6,
      rmsNormEps: 1e-6,
      maxPositions: 512,
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is that of COMPILED_FORMAT', () => {
    expect(COMPILED_FORMAT, 'Pin the hashes of the new format.').toBe(PINNED_FORMAT);
  });

  it.each(PINNED)('%j', async (form, pinned) => {
    const { config, tensors } = await openCheckpoint(await resolveModel(folder, {}));
    const sink = new MemorySink();
    const onProgress = () => {};
    const { tensors: kept, matrices } = await compileWeights({ config, tensors, adapters: [], form, sink, onProgress });
    const hash = createHash('sha256');
    // Names, types, shapes and places, then the bytes.
    for (const { name, dtype, shape, file, offset, byteLength } of kept.values()) {
      hash.update(JSON.stringify({ name, dtype, shape, file, offset, byteLength }));
    }
    hash.update(JSON.stringify({ form: matrices?.form, matrices: [...(matrices?.matrices ?? [])] }));
    for (const [file, bytes] of sink.files) hash.update(file).update(bytes);
    expect(hash.digest('hex'), ADVICE).toBe(pinned);
  });
});
