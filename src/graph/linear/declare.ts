import type { GraphBuilder } from '../builder.ts';
import type { PackedMatrix } from '../packed-matrices.ts';

/** Declares a matrix of integers and its scales. */
export function declare(graph: GraphBuilder, { values, scales }: PackedMatrix): { values: string; scales: string } {
  return { values: graph.external(values), scales: graph.external(scales) };
}
