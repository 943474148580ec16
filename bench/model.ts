import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type SeededCheckpointSpec, writeSeededCheckpoint } from '../test/support/seeded-checkpoint.ts';
import { CACHE, ROOT } from './paths.ts';

/** A model to measure, and what of its config the figures need. */
export interface BenchModel {
  readonly name: string;
  /** What `Reranker.load` gets; nothing for the embedded model. */
  readonly path: string | undefined;
  readonly shape: Shape;
}

export interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly hidden: number;
  readonly intermediate: number;
  /** Of all heads together. */
  readonly querySize: number;
  readonly keySize: number;
  readonly maxPositions: number;
}

/** Random weights in the shape of Qwen3-Reranker-0.6B: speed and memory do not depend on what the weights are. */
const SHAPE_OF_06B: SeededCheckpointSpec = {
  seed: 1,
  dtype: 'BF16',
  hidden: 1024,
  layers: 28,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  intermediate: 3072,
  vocabSize: 151_669,
  tied: true,
  shards: 1,
  head: 'causal-lm',
  configStyle: 'old',
  ropeTheta: 1e6,
  rmsNormEps: 1e-6,
  maxPositions: 40_960,
};

export async function openModel(name: string): Promise<BenchModel> {
  if (name === 'embedded') return { name, path: undefined, shape: await readShape(join(ROOT, 'models', 'default')) };
  const path = name === '0.6b' ? await make06b() : resolve(name);
  return { name, path, shape: await readShape(path) };
}

async function make06b(): Promise<string> {
  const folder = join(CACHE, 'shape-0.6b');
  if (await stat(folder).catch(() => undefined)) return folder;
  console.log(`Writing a checkpoint of random weights, 1.2 GB, to ${folder} …`);
  // A folder that has its final name is complete.
  const unfinished = `${folder}.${process.pid}`;
  try {
    await writeSeededCheckpoint(unfinished, SHAPE_OF_06B);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

async function readShape(folder: string): Promise<Shape> {
  const config: Record<string, number> = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  const value = (key: string): number => {
    const number = config[key];
    if (typeof number !== 'number') throw new Error(`${folder}/config.json has no number ${key}`);
    return number;
  };
  const { head_dim: headDim = value('hidden_size') / value('num_attention_heads') } = config;
  return {
    layers: value('num_hidden_layers'),
    hidden: value('hidden_size'),
    intermediate: value('intermediate_size'),
    heads: value('num_attention_heads'),
    kvHeads: value('num_key_value_heads'),
    headDim,
    querySize: value('num_attention_heads') * headDim,
    keySize: value('num_key_value_heads') * headDim,
    maxPositions: value('max_position_embeddings'),
  };
}

/** A layer's matrices as [outputs, inputs]: k, v, then those that the last layer computes for last tokens only. */
export function matrices({ hidden, intermediate, querySize, keySize }: Shape): [outputs: number, inputs: number][] {
  return [
    [keySize, hidden],
    [keySize, hidden],
    [querySize, hidden],
    [hidden, querySize],
    [intermediate, hidden],
    [intermediate, hidden],
    [hidden, intermediate],
  ];
}

/** Weights of all linear layers. */
export function linearWeights(shape: Shape): number {
  return shape.layers * weightsOf(matrices(shape));
}

/** Weights that every token is multiplied with: all but those of the last layer that only last tokens need. */
export function weightsPerToken(shape: Shape): number {
  return linearWeights(shape) - weightsOf(matrices(shape).slice(2));
}

function weightsOf(sizes: readonly (readonly [number, number])[]): number {
  return sizes.reduce((sum, [outputs, inputs]) => sum + outputs * inputs, 0);
}
