import { RerankitError, show } from '../../errors.ts';
import type { GraphBuilder } from '../builder.ts';
import type { PackedMatrices, PackedMatrix } from '../packed-matrices.ts';
import type { Weights } from '../weights.ts';
import { FloatLinear } from './float-linear.ts';
import { Int4Linear } from './int4-linear.ts';
import { Int8Linear } from './int8-linear.ts';
import type { LinearLayers } from './linear-layers.ts';

export type { LinearLayers } from './linear-layers.ts';

/** Linear layers in float32, from a checkpoint's own weights. */
export function floatLayers(graph: GraphBuilder, weights: Weights): LinearLayers {
  return new FloatLinear(graph, (weight) => weights.float32(weight));
}

/** Linear layers in the form of `matrices`. */
export function packedLayers(graph: GraphBuilder, { form, matrices }: PackedMatrices): LinearLayers {
  const find = (weight: string): PackedMatrix => {
    const matrix = matrices.get(weight);
    if (matrix === undefined) throw new RerankitError('MODEL_INVALID', `The compiled model lacks ${show(weight)}.`);
    return matrix;
  };
  switch (form) {
    case 'int8':
      return new Int8Linear(graph, find);
    case 'int4':
      return new Int4Linear(graph, find);
  }
}
