import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { RerankitError, show } from '../../errors.ts';
import type { ExportInterface } from './protocol.ts';

/** The inputs that an export may have, and how they are written. */
export type InputRole = 'ids' | 'mask' | 'types' | 'positions' | 'cache' | 'no-cache-branch' | 'kept-logits';

export interface GraphInput {
  readonly name: string;
  readonly role: InputRole;
  readonly type: Tensor.Type;
  /** Sizes; -1 where any will do. Known of caches only. */
  readonly shape: readonly number[];
}

const ROLES: readonly (readonly [RegExp, InputRole])[] = [
  [/^input_ids$/, 'ids'],
  [/^attention_mask$/, 'mask'],
  [/^token_type_ids$/, 'types'],
  [/^position_ids$/, 'positions'],
  [/^past_key_values\.\d+\.(?:key|value)$|^past_(?:key|value)s?_\d+$|^past_\d+\.(?:key|value)$/, 'cache'],
  [/^use_cache_branch$/, 'no-cache-branch'],
  [/^(?:num_)?logits_to_keep$/, 'kept-logits'],
];

/** Types that each kind of input may have. */
const INTEGERS: readonly Tensor.Type[] = ['int64', 'int32'];
const TYPES: Partial<Record<InputRole, readonly Tensor.Type[]>> = {
  cache: ['float32', 'float16'],
  'no-cache-branch': ['bool'],
};

/**
 * What the inputs of a graph are for.
 * Throws `MODEL_UNSUPPORTED` naming the first that nobody knows how to fill, or which has another type than it should.
 */
export function readInputs(
  metadata: readonly InferenceSession.ValueMetadata[],
  model: Pick<ExportInterface, 'kvHeads' | 'headDim'>,
): readonly GraphInput[] {
  const inputs = metadata.map((value) => readInput(value, model));
  if (!inputs.some(({ role }) => role === 'ids')) throw unsupported('it has no input "input_ids"');
  return inputs;
}

function readInput(
  value: InferenceSession.ValueMetadata,
  model: Pick<ExportInterface, 'kvHeads' | 'headDim'>,
): GraphInput {
  const { name } = value;
  const role = ROLES.find(([pattern]) => pattern.test(name))?.[1];
  if (role === undefined) throw unsupported(`it has the input ${show(name)}, which no text reranker is known to have`);
  const type = value.isTensor ? value.type : undefined;
  const expected = TYPES[role] ?? INTEGERS;
  if (!value.isTensor || type === undefined || !expected.includes(type)) {
    throw unsupported(`its input ${show(name)} has the type ${show(type)}; expected ${expected.join(' or ')}`);
  }
  if (role !== 'cache') {
    const fixed = role === 'ids' ? value.shape[1] : undefined;
    if (typeof fixed === 'number' && fixed > 0) {
      throw unsupported(`it takes texts of ${fixed} tokens only: export it with a dynamic sequence axis`);
    }
    return { name, role, type, shape: [] };
  }
  const [, heads, , headDim] = value.shape;
  const shape = [-1, sizeOf(heads) ?? model.kvHeads, 0, sizeOf(headDim) ?? model.headDim];
  if (value.shape.length !== 4 || shape.includes(undefined)) {
    throw unsupported(`its input ${show(name)} is no cache of shape [batch, heads, past, head size]`);
  }
  return { name, role, type, shape: shape.map((size) => size ?? 0) };
}

function sizeOf(size: string | number | undefined): number | undefined {
  return typeof size === 'number' && size > 0 ? size : undefined;
}

function unsupported(problem: string): RerankitError {
  return new RerankitError('MODEL_UNSUPPORTED', `The ONNX export cannot be run: ${problem}.`);
}
