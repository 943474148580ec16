import type { Tensor } from 'onnxruntime-node';
import { RerankitError, show } from '../../errors.ts';
import { f16BitsToF32Bits } from '../../model/half.ts';
import type { ExportInterface } from './protocol.ts';

/** Where each row's last token stands in a run. */
export interface Ends {
  /** Tokens of each row, padding included. */
  readonly width: number;
  /** The place of the last token of each row. */
  readonly last: readonly number[];
}

/** How the logits of an export are laid out. */
export type Layout =
  | { readonly kind: 'labels'; readonly labels: 1 | 2 }
  /** `positions`: all, or only the last. */
  | { readonly kind: 'vocabulary'; readonly size: number; readonly positions: 'all' | 'last' };

/**
 * Understands an output: [B], [B, 1], [B, 2] of classifiers; [B, S, V], [B, 1, V], [B, V] of models that answer.
 * Throws `MODEL_UNSUPPORTED` for any other.
 * @param width tokens of each row in the run that gave it, more than 1
 */
export function layoutOf(dims: readonly number[], width: number, answers: ExportInterface['answers']): Layout {
  const [, second = 1, third] = dims;
  if (dims.length <= 2 && (second === 1 || second === 2)) return { kind: 'labels', labels: second };
  const size = third ?? second;
  const known = answers !== undefined && size > Math.max(answers.yesId, answers.noId);
  if (known && dims.length === 2) return { kind: 'vocabulary', size, positions: 'last' };
  if (known && dims.length === 3 && second === width) return { kind: 'vocabulary', size, positions: 'all' };
  if (known && dims.length === 3 && second === 1) return { kind: 'vocabulary', size, positions: 'last' };
  const expected = answers === undefined ? '[batch, 1] or [batch, 2]' : '[batch, length, vocabulary] or [batch, 1]';
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `The ONNX export cannot be run: it gives logits of shape [${dims.join(', ')}] for rows of ${width} tokens; expected ${expected}.`,
  );
}

/** One logit a row: that of the only label, the second label's less the first's, or that of yes less that of no. */
export function readLogits(output: Tensor, layout: Layout, { answers }: ExportInterface, ends: Ends): Float32Array {
  const at = reader(output);
  return Float32Array.from(ends.last, (last, row) => {
    if (layout.kind === 'labels') {
      const first = row * layout.labels;
      return layout.labels === 1 ? at(first) : at(first + 1) - at(first);
    }
    const position = layout.positions === 'all' ? row * ends.width + last : row;
    const start = position * layout.size;
    return at(start + (answers?.yesId ?? 0)) - at(start + (answers?.noId ?? 0));
  });
}

function reader({ type, data }: Tensor): (at: number) => number {
  if (type === 'float32' && data instanceof Float32Array) return (at) => data[at] ?? Number.NaN;
  // Bit patterns, or numbers where the JavaScript engine has such arrays.
  if (type === 'float16' && data instanceof Uint16Array) {
    const bits = new Uint32Array(1);
    const value = new Float32Array(bits.buffer);
    return (at) => {
      bits[0] = f16BitsToF32Bits(data[at] ?? 0x7e00);
      return value[0] ?? Number.NaN;
    };
  }
  if (type === 'float16') return (at) => Number((data as ArrayLike<number | bigint | string>)[at]);
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `The ONNX export cannot be run: its logits are of type ${show(type)}; expected float32 or float16.`,
  );
}
