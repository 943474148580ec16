/** A random Qwen3 checkpoint, fully described: the same spec gives the same bytes here and in test/golden/seeded.py. */
export interface SeededCheckpointSpec {
  readonly seed: number;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  /** At least 32,000: the tokenizer of test/golden/tiny-v0 goes with it. */
  readonly vocabSize: number;
  readonly tied: boolean;
  readonly shards: number;
  readonly head: 'causal-lm' | 'sequence-classification';
  /** `old`: `rope_theta` and `torch_dtype`; `new`: `rope_parameters` and `dtype`. */
  readonly configStyle: 'old' | 'new';
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  readonly maxPositions: number;
}
