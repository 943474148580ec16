/** Most inputs of a piece, and the fewest pieces. */
const PIECE_INPUTS = 768;
const LEAST_PIECES = 4;

/**
 * Into how many pieces an int8 matrix is cut along its inputs; each piece of the activations then has a scale of its own.
 * Only the products of gate and up, which `down_proj` reads, have values so far above the others that it pays: there
 * most of the rounding error comes from (docs/quantization.md).
 */
export function piecesOf(name: string, inputs: number): number {
  if (!name.endsWith('.down_proj.weight')) return 1;
  for (let pieces = Math.max(LEAST_PIECES, Math.ceil(inputs / PIECE_INPUTS)); pieces <= inputs / 32; pieces++) {
    if (inputs % pieces === 0) return pieces;
  }
  return 1;
}
