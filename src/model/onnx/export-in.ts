import { join } from 'node:path';
import { FILE, hasSafetensors } from '../model-files.ts';
import { noSuchOnnx } from './choose-onnx.ts';
import { findOnnx, isQwen3, onnxFiles } from './find-onnx.ts';
import type { OnnxFile, OnnxWish } from './onnx-file.ts';

/** A directory, and what is known of it. */
export interface Surroundings {
  readonly directory: string;
  /** What to call the model. */
  readonly id: string;
  readonly present: ReadonlySet<string>;
  /** Whether files may be missing that the model has elsewhere. */
  readonly partial: boolean;
}

/**
 * The export to load from a directory; `undefined` where its safetensors are to be loaded: those of a Qwen3 model, unless
 * the wish names a file. Rejects with `MODEL_NOT_FOUND`, naming the exports that are there, if none goes with the wish.
 */
export async function exportIn(where: Surroundings, wish: OnnxWish): Promise<OnnxFile | undefined> {
  if (wish.file === undefined && (await prefersSafetensors(where))) return undefined;
  const found = await findOnnx(where.directory, wish);
  if (found !== undefined) return found;
  const others = await onnxFiles(where.directory);
  if (wish.file === undefined && others.size === 0) return undefined;
  throw noSuchOnnx(where.id, others, wish);
}

async function prefersSafetensors({ directory, present, partial }: Surroundings): Promise<boolean> {
  const stored = hasSafetensors(present);
  if (!stored && !partial) return false;
  return present.has(FILE.config) ? isQwen3(join(directory, FILE.config)) : stored;
}
