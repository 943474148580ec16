import { dirname, sep } from 'node:path';
import { type Qwen3GraphOptions, qwen3Graph } from '../../graph/qwen3.ts';
import type { TensorLocation, TensorMap } from '../../model/safetensors.ts';
import { readWeightRows } from '../../model/weight-rows.ts';
import type { LoadRequest } from './protocol.ts';

/** A model in the form that a session is created from. */
export interface CompiledModel {
  /** The ONNX model, without its weights. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The folder its weights' file names count from. */
  readonly folder: string;
}

/** Writes the graph of a checkpoint. Weights stay where they are, but for the head's two rows. */
export async function compile(request: LoadRequest): Promise<CompiledModel> {
  const options = await graphOptions(request);
  return { bytes: qwen3Graph(options), folder: options.folder };
}

/** What every form of the graph is made from. */
export async function graphOptions({ checkpoint, yesId, noId, maxLength }: LoadRequest): Promise<Qwen3GraphOptions> {
  const { config, tensors, headTensor } = checkpoint;
  const head =
    headTensor === 'score.weight'
      ? await readWeightRows(tensors, headTensor, [0])
      : await difference(tensors, headTensor, yesId, noId);
  return { config, tensors, folder: commonFolder([...tensors.values()]), positions: maxLength, head };
}

/** `yes` minus `no`: the logits' difference is all that a score needs of the vocabulary. */
async function difference(tensors: TensorMap, head: string, yesId: number, noId: number): Promise<Float32Array> {
  const rows = await readWeightRows(tensors, head, [yesId, noId]);
  const width = rows.length / 2;
  return Float32Array.from({ length: width }, (_, at) => (rows[at] ?? 0) - (rows[width + at] ?? 0));
}

/** The deepest folder that holds all the files: ONNX Runtime takes weights from one folder and those below. */
export function commonFolder(tensors: readonly Pick<TensorLocation, 'file'>[]): string {
  const folders = new Set(tensors.map(({ file }) => dirname(file)));
  const [first = [], ...others] = [...folders].map((folder) => folder.split(sep));
  let shared = first.length;
  for (const parts of others) {
    let same = 0;
    while (same < shared && parts[same] === first[same]) same++;
    shared = same;
  }
  const folder = first.slice(0, shared).join(sep);
  // A root, or the root of a drive, keeps its separator: without it a drive means its current directory.
  return folder === '' || folder.endsWith(':') ? folder + sep : folder;
}
