import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RerankitError } from '../errors.ts';
import { ElementType, type Tensor } from '../graph/onnx-proto.ts';
import type { PackedMatrix } from '../graph/packed-matrices.ts';
import type { TensorLocation } from '../model/safetensors.ts';
import type { CompiledWeights } from './compile-weights.ts';
import type { CompileTarget } from './target.ts';
import type { Place } from './weight-sink.ts';

const INDEX = 'index.json';

type Form = CompileTarget['form'];

/** The index as it is saved, with plain arrays for maps. */
interface SavedIndex {
  readonly form: Form;
  readonly tensors: readonly TensorLocation[];
  readonly matrices: readonly (readonly [string, PackedMatrix])[];
}

/** Saves where everything is in a folder of compiled weights. */
export async function writeIndex(folder: string, form: Form, { tensors, matrices }: CompiledWeights): Promise<void> {
  const saved: SavedIndex = {
    form,
    tensors: [...tensors.values()],
    matrices: [...(matrices?.matrices ?? [])],
  };
  await writeFile(join(folder, INDEX), JSON.stringify(saved));
}

/**
 * Reads what {@link writeIndex} saved, for `form`. Whoever kept the folder answers for its content; this only sees to it
 * that every place lies inside its file. Rejects with `CACHE_FAILED`.
 */
export async function readIndex(folder: string, form: Form): Promise<CompiledWeights> {
  const sizes = new Map<string, number>();
  const sizeOf = async (file: string): Promise<number> => {
    const known = sizes.get(file) ?? (await stat(join(folder, file))).size;
    sizes.set(file, known);
    return known;
  };
  try {
    // Read as what was written; each place is checked below, and types and shapes by ONNX Runtime against the bytes.
    const saved = JSON.parse(await readFile(join(folder, INDEX), 'utf8')) as SavedIndex;
    if (saved.form !== form) throw new Error(`it is for ${saved.form}`);
    for (const place of placesOf(saved)) {
      const end = place.offset + place.byteLength;
      if (!(place.offset >= 0 && end <= (await sizeOf(place.file)))) throw new Error(`${place.file} is too short`);
    }
    const tensors = saved.tensors.map((tensor) => ({ ...tensor, file: join(folder, tensor.file) }));
    return {
      tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
      matrices: form === 'int8' || form === 'int4' ? { form, matrices: new Map(saved.matrices) } : undefined,
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RerankitError('CACHE_FAILED', `The compiled model in ${folder} cannot be read: ${why}.`, { cause });
  }
}

function* placesOf({ tensors, matrices }: SavedIndex): Generator<Place> {
  yield* tensors;
  for (const [, { values, scales }] of matrices) {
    for (const piece of values) yield placeOf(piece);
    yield placeOf(scales);
  }
}

function placeOf({ name, type, data }: Tensor): Place {
  if (!Object.values(ElementType).includes(type) || !('file' in data)) throw new Error(`the entry of ${name} is odd`);
  return data;
}
