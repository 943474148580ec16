import { RerankitError, show } from '../../errors.ts';
import { isInnerPath } from '../file-names.ts';
import { namesOf, type OnnxWish } from './onnx-file.ts';

/**
 * The export to load among `present`, paths inside a model; `undefined` if none goes with the wish.
 * Throws `INVALID_OPTION` for a wish that names no ONNX file inside the model.
 */
export function chooseOnnx(present: ReadonlySet<string>, { file, dtype }: OnnxWish): string | undefined {
  if (file === undefined) return namesOf(dtype).find((name) => present.has(name));
  checkOnnxFile(file);
  return present.has(file) ? file : undefined;
}

/** Throws `INVALID_OPTION` unless it is the path of an ONNX file inside a model. */
export function checkOnnxFile(file: string): void {
  if (isInnerPath(file) && file.endsWith('.onnx')) return;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option onnxFile is ${show(file)}; expected a path inside the model that ends in .onnx, such as "onnx/model.onnx".`,
  );
}

/** The error for a wish that nothing fulfils; it lists what is there. */
export function noSuchOnnx(model: string, present: Iterable<string>, { file, dtype }: OnnxWish): RerankitError {
  const list = [...present].sort().slice(0, 40);
  const there = list.length === 0 ? 'It has no ONNX files.' : `It has ${list.join(', ')}: name one with onnxFile.`;
  const wanted = file ?? `${namesOf(dtype).join(', ')} (dtype ${show(dtype)})`;
  return new RerankitError('MODEL_NOT_FOUND', `${model} has no file ${wanted}. ${there}`);
}
