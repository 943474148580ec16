import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RerankitError } from '../errors.ts';
import { findModelFiles } from './directory.ts';
import { isJsonObject } from './json-file.ts';
import type { ModelFiles } from './model-files.ts';

const PACKAGE = 'rerankit';

/**
 * The model that comes with the package, in its folder `models/default`.
 * Rejects with `MODEL_NOT_FOUND` if the package's folder cannot be found, as after bundling.
 */
export async function embeddedModel(from = import.meta.url): Promise<ModelFiles> {
  const root = (await packageRoot(dirname(fileURLToPath(from)))) ?? installedRoot(from);
  if (root === undefined) {
    throw new RerankitError(
      'MODEL_NOT_FOUND',
      `The embedded model was not found: no folder above ${fileURLToPath(from)} is the package ${PACKAGE}. ` +
        `If the program is bundled, mark ${PACKAGE} as external, or pass the name or directory of a model.`,
    );
  }
  return findModelFiles(join(root, 'models', 'default'), { kind: 'embedded', id: 'embedded' });
}

/** The nearest folder upwards that holds this package: the same for sources and for the built files in `dist`. */
async function packageRoot(start: string): Promise<string | undefined> {
  for (let folder = start; ; folder = dirname(folder)) {
    if ((await packageName(join(folder, 'package.json'))) === PACKAGE) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

async function packageName(path: string): Promise<unknown> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isJsonObject(json) ? json['name'] : undefined;
  } catch {
    // Absent, or somebody else's and broken: either way not the one looked for.
    return undefined;
  }
}

/** For code that was bundled into another file, while the package itself is still installed. */
function installedRoot(from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${PACKAGE}/package.json`));
  } catch {
    return undefined;
  }
}
