import { createHash } from 'node:crypto';
import type { Dtype } from '../../engine/onnx/dtype.ts';

/** What may be varied: each list has at least one element. */
export interface Variants {
  readonly models: readonly string[];
  readonly dtypes: readonly (Dtype | 'auto')[];
  /** `undefined` for the model's own. */
  readonly instructions: readonly (string | undefined)[];
  /** Tokens of a passage; `undefined` for whole documents. */
  readonly windows: readonly (number | undefined)[];
}

/** A way to rerank. */
export interface Configuration {
  /** What tells it from the others, for people. */
  readonly name: string;
  /** The same for files: letters, digits, `.`, `_` and `-`. */
  readonly fileName: string;
  readonly model: string;
  readonly dtype: Dtype | 'auto';
  readonly instruction: string | undefined;
  readonly window: number | undefined;
}

/** Longest instruction in a name, in characters. */
const MOST_CHARACTERS = 48;

/** Each model with each dtype, each instruction and each window. */
export function configurationsOf({ models, dtypes, instructions, windows }: Variants): Configuration[] {
  const all = models.flatMap((model) =>
    dtypes.flatMap((dtype) =>
      instructions.flatMap((instruction) => windows.map((window) => ({ model, dtype, instruction, window }))),
    ),
  );
  const names = new Set<string>();
  return all.map((own) => {
    const parts = [
      ...(models.length > 1 || all.length === 1 ? [own.model] : []),
      ...(dtypes.length > 1 ? [own.dtype] : []),
      ...(instructions.length > 1 ? [quoted(own.instruction)] : []),
      ...(windows.length > 1 ? [own.window === undefined ? 'whole' : `passages of ${own.window}`] : []),
    ];
    return { ...own, name: unique(parts.join(' '), names), fileName: fileName(own) };
  });
}

function quoted(instruction: string | undefined): string {
  if (instruction === undefined) return 'default instruction';
  const characters = [...instruction];
  return `“${characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS).join('')}…` : instruction}”`;
}

function unique(name: string, taken: Set<string>): string {
  let own = name;
  for (let number = 2; taken.has(own); number++) own = `${name} (${number})`;
  taken.add(own);
  return own;
}

/** The same for the same configuration, whatever it is compared with. */
function fileName({ model, dtype, instruction, window }: Omit<Configuration, 'name' | 'fileName'>): string {
  const readable = `${model}-${dtype}`
    .replaceAll(/[^\w.-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(-60);
  const hash = createHash('sha256')
    .update(JSON.stringify([model, dtype, instruction, window]))
    .digest('hex');
  return `${readable}-${hash.slice(0, 8)}`;
}
