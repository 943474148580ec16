import { Tensor } from 'onnxruntime-node';
import type { GraphInput } from './graph-inputs.ts';
import type { ExportInterface } from './protocol.ts';

/** A row as the graph sees it: a whole prompt or pair. */
export interface WholeRow {
  readonly prefix: Int32Array;
  readonly tokens: Int32Array;
}

export function lengthOf({ prefix, tokens }: WholeRow): number {
  return prefix.length + tokens.length;
}

/** What the inputs of a run are written from. */
interface Block {
  readonly rows: readonly WholeRow[];
  /** Tokens of each row, padding included. */
  readonly width: number;
  readonly padding: 'left' | 'right';
}

/** What inputs are filled with. */
type Filling = Pick<ExportInterface, 'padId' | 'types' | 'firstPosition'>;

/** The inputs of one run. */
export function feedsOf(inputs: readonly GraphInput[], block: Block, model: Filling): Record<string, Tensor> {
  return Object.fromEntries(inputs.map((input) => [input.name, tensorOf(input, block, model)]));
}

function tensorOf(input: GraphInput, block: Block, model: Filling): Tensor {
  const batch = block.rows.length;
  switch (input.role) {
    case 'ids':
      return integers(input, block, model.padId, ({ prefix, tokens }, at) =>
        at < prefix.length ? (prefix[at] ?? 0) : (tokens[at - prefix.length] ?? 0),
      );
    case 'mask':
      return integers(input, block, 0, () => 1);
    case 'types':
      return integers(input, block, 0, ({ prefix }, at) => (at < prefix.length ? model.types.prefix : model.types.row));
    case 'positions':
      return integers(input, block, Math.max(0, model.firstPosition - 1), (_, at) => model.firstPosition + at);
    case 'cache': {
      const dims = [batch, ...input.shape.slice(1)];
      return input.type === 'float16'
        ? new Tensor('float16', new Uint16Array(0), dims)
        : new Tensor('float32', new Float32Array(0), dims);
    }
    case 'no-cache-branch':
      return new Tensor('bool', Uint8Array.of(0), [1]);
    case 'kept-logits':
      return input.type === 'int32'
        ? new Tensor('int32', Int32Array.of(1), [])
        : new Tensor('int64', BigInt64Array.of(1n), []);
  }
}

/** A tensor [rows, width]; `value` gives a row's value at a place of its own, `padding` is what lies around. */
function integers(
  { type }: GraphInput,
  { rows, width, padding }: Block,
  pad: number,
  value: (row: WholeRow, at: number) => number,
): Tensor {
  const values = new Int32Array(rows.length * width).fill(pad);
  for (const [index, row] of rows.entries()) {
    const length = lengthOf(row);
    const start = index * width + (padding === 'left' ? width - length : 0);
    for (let at = 0; at < length; at++) values[start + at] = value(row, at);
  }
  const dims = [rows.length, width];
  if (type === 'int32') return new Tensor('int32', values, dims);
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}
