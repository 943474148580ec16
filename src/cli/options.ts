import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEVICES, type Device } from '../engine/onnx/device.ts';
import { DTYPES, type Dtype } from '../engine/onnx/dtype.ts';
import type { LoraAdapter } from '../model/lora/adapter.ts';
import type { LoadOptions } from '../types.ts';

/** Reads an integer from `least` to `most`. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be an integer, ${range}.`);
  };
}

/** Reads a number from 0 to 1. */
export function fraction(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

/** Reads a folder, or a folder, `=` and a scale, beside those before. */
export function adapter(text: string, before: readonly LoraAdapter[] = []): readonly LoraAdapter[] {
  const [, path, scale] = /^(.+)=([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text) ?? [];
  return [...before, path === undefined ? { path: text } : { path, scale: Number(scale) }];
}

/** The option that {@link adapter} reads. */
export function adapterOption(): Option {
  return new Option(
    '--adapter <folder>',
    'LoRA adapter to merge, as folder or folder=scale; more than once for several',
  ).argParser(adapter);
}

/** How a model is run, whichever it is. */
export interface RunFlags {
  readonly revision?: string;
  readonly device?: Device | 'auto';
  readonly threads?: number;
  readonly maxLength?: number;
}

/** Options of every command that loads one model. */
export interface ModelFlags extends RunFlags {
  readonly model: string;
  readonly dtype?: Dtype | 'auto';
  readonly adapter?: readonly LoraAdapter[];
}

/** The name of the model that comes with the package. */
export const EMBEDDED = 'embedded';

export function addModelOptions(command: Command): Command {
  return addRunOptions(
    command
      .option('-m, --model <model>', 'Hub repository (owner/name), directory, or the one built in', EMBEDDED)
      .addOption(
        new Option('--dtype <dtype>', 'numeric type of the weights (default: auto)').choices(['auto', ...DTYPES]),
      )
      .addOption(adapterOption()),
  );
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--revision <revision>', "branch, tag or commit of the Hub's repository")
    .addOption(new Option('--device <device>', 'where to run (default: auto)').choices(['auto', ...DEVICES]))
    .option('--threads <n>', 'CPU threads (default: all this process may use)', integer(1, 1024))
    .option('--max-length <tokens>', 'longest prompt; longer documents lose their tail (default: 8192)', integer(64));
}

/** What `Reranker.load` and `compile` call a model. */
export function modelName(model: string): string | undefined {
  return model === EMBEDDED ? undefined : model;
}

/** The options of `Reranker.load` among the flags of a command. */
export function loadOptions({ dtype, adapter: adapters, ...flags }: ModelFlags): LoadOptions {
  return { ...runOptions(flags), dtype, adapters };
}

/** The same without the model's own. */
export function runOptions({ revision, device, threads, maxLength }: RunFlags): LoadOptions {
  return { revision, device, threads, maxLength };
}
