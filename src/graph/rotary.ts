import type { Qwen3Config } from '../model/config.ts';

/**
 * Cosines and sines of the rotary embedding, each [positions, headDim / 2]. Computed in float64: in float32 the angle of
 * the fastest pair is off by 2e-3 at position 32,768.
 */
export function rotaryTables(config: Qwen3Config, positions: number): { cos: Float32Array; sin: Float32Array } {
  const half = config.headDim / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let pair = 0; pair < half; pair++) {
    const frequency = config.ropeTheta ** (-pair / half);
    for (let position = 0; position < positions; position++) {
      cos[position * half + pair] = Math.cos(position * frequency);
      sin[position * half + pair] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}
