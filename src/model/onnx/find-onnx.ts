import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, readJson } from '../json-file.ts';
import { checkOnnxFile, chooseOnnx } from './choose-onnx.ts';
import { ONNX_FOLDERS, type OnnxFile, type OnnxWish } from './onnx-file.ts';

/** The export in a directory that goes with a wish, if there is one. */
export async function findOnnx(directory: string, wish: OnnxWish): Promise<OnnxFile | undefined> {
  if (wish.file !== undefined) checkOnnxFile(wish.file);
  const present = wish.file === undefined ? await onnxFiles(directory) : await existing(directory, wish.file);
  const name = chooseOnnx(present, wish);
  return name === undefined ? undefined : { name, path: join(directory, name) };
}

/** Paths of the exports that lie where exports lie. */
export async function onnxFiles(directory: string): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const folder of ONNX_FOLDERS) {
    // A directory without the folder has no exports there.
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      if (name.endsWith('.onnx')) present.add(`${folder}${name}`);
    }
  }
  return present;
}

async function existing(directory: string, file: string): Promise<ReadonlySet<string>> {
  const stats = await stat(join(directory, file)).catch(() => undefined);
  return new Set(stats?.isFile() ? [file] : []);
}

/** Whether a config is that of a Qwen3 model, whose safetensors are loaded rather than an export of them. */
export async function isQwen3(config: string): Promise<boolean> {
  const json = await readJson(config);
  return isJsonObject(json) && json['model_type'] === 'qwen3';
}
