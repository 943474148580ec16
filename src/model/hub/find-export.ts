import { show } from '../../errors.ts';
import { retrying } from '../../http/retry.ts';
import { isInnerPath } from '../file-names.ts';
import { FILE, hasSafetensors } from '../model-files.ts';
import { chooseOnnx, noSuchOnnx } from '../onnx/choose-onnx.ts';
import { isQwen3 } from '../onnx/find-onnx.ts';
import { isDataOf, type OnnxWish } from '../onnx/onnx-file.ts';
import type { DownloadContext } from './download-context.ts';
import { downloadFile } from './download-file.ts';
import { fetchFiles, fetchNames, type RemoteFile } from './repository.ts';

/** An export in a repository. */
export interface RemoteExport {
  readonly name: string;
  /** The files of its weights, then the export itself: once it is there, it is complete. */
  readonly files: readonly RemoteFile[];
}

/**
 * The export to fetch from a repository; `undefined` where its safetensors are to be loaded. The same choice as that in a
 * directory. @param present the files among those to look for that the repository has
 */
export async function findExport(
  context: DownloadContext,
  present: ReadonlyMap<string, RemoteFile>,
  wish: OnnxWish,
): Promise<RemoteExport | undefined> {
  const { hub, policy, subject } = context;
  if (wish.file === undefined && (await prefersSafetensors(context, present))) return undefined;
  const names = (await retrying(() => fetchNames(hub, subject), policy)).filter(isInnerPath);
  const exports = names.filter((name) => name.endsWith('.onnx'));
  const name = chooseOnnx(new Set(exports), wish);
  if (name === undefined) {
    if (wish.file === undefined && exports.length === 0) return undefined;
    throw noSuchOnnx(`Repository ${show(subject.repository)}`, exports, wish);
  }
  const paths = [...names.filter((other) => isDataOf(other, name)), name];
  const found = await retrying(() => fetchFiles(hub, subject, paths), policy);
  return { name, files: paths.flatMap((path) => found.get(path) ?? []) };
}

async function prefersSafetensors(
  context: DownloadContext,
  present: ReadonlyMap<string, RemoteFile>,
): Promise<boolean> {
  const config = present.get(FILE.config);
  if (!hasSafetensors(new Set(present.keys()))) return false;
  return config === undefined || isQwen3(await downloadFile(context, config, () => undefined));
}
