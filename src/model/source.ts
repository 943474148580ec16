import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RerankitError, show } from '../errors.ts';
import { findModelFiles } from './directory.ts';
import { embeddedModel } from './embedded.ts';
import { resolveFromHub } from './hub/resolve-hub.ts';
import type { ModelFiles } from './model-files.ts';
import type { ResolveOptions } from './resolve-options.ts';

export type { ModelFiles } from './model-files.ts';
export type { ResolveOptions } from './resolve-options.ts';

/** Starts as only paths do: dot, slash, backslash, home, drive letter. */
const PATH_LIKE = /^(?:[./\\]|~(?:[/\\]|$)|[A-Za-z]:[/\\])/;

/** Two parts, each made as the Hub makes names. */
const HUB_NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9_][\w.-]{0,95}$/;

/**
 * Finds a model's files on this machine, fetching them from the Hub if need be.
 *
 * @param source nothing: the embedded model. A path (beginning with `.`, `/`, `~/` or a drive letter, a `file:` URL, or
 *   the name of a directory that exists): that directory. Otherwise `owner/name` on the Hub.
 * @throws `INVALID_OPTION` for a source or option that makes no sense, `MODEL_NOT_FOUND`, `MODEL_INVALID` (an
 *   unreadable shard index), `DOWNLOAD_UNAUTHORIZED`, `DOWNLOAD_FAILED`, `CACHE_FAILED`, or the signal's reason.
 */
export async function resolveModel(source: string | undefined, options: ResolveOptions = {}): Promise<ModelFiles> {
  options.signal?.throwIfAborted();
  if (source === undefined) {
    if (options.onnx?.file !== undefined) throw notEmbedded(options.onnx.file);
    return local(embeddedModel(), options);
  }
  if (typeof source !== 'string' || source.trim() === '') throw unclear(source, '');
  const path = asPath(source);
  if (path !== undefined) return local(fromDirectory(path, source, options), options);
  if ((await stat(source).catch(() => undefined))?.isDirectory())
    return local(fromDirectory(resolve(source), source, options), options);
  if (HUB_NAME.test(source) && !source.includes('--') && !source.includes('..')) return resolveFromHub(source, options);
  if (/^https?:/i.test(source)) throw unclear(source, 'Pass only the "owner/name" part of a Hub address.');
  if (/[\\/]/.test(source)) {
    throw new RerankitError(
      'MODEL_NOT_FOUND',
      `There is no directory ${resolve(source)}. (${show(source)} is no Hub name.)`,
    );
  }
  throw unclear(source, `There is no directory ${resolve(source)}.`);
}

/** A model on this machine is what it is: a revision that was asked for and not looked at would go unnoticed. */
async function local(files: Promise<ModelFiles>, { revision }: ResolveOptions): Promise<ModelFiles> {
  const { id } = await files;
  if (revision === undefined) return files;
  throw new RerankitError(
    'INVALID_OPTION',
    `The option revision is ${show(revision)}, but only models of the Hub have revisions; this one is ${show(id)}.`,
  );
}

function asPath(source: string): string | undefined {
  if (source.startsWith('file:')) {
    if (!URL.canParse(source)) throw unclear(source, 'The file: URL is malformed.');
    try {
      return fileURLToPath(source);
    } catch (cause) {
      throw new RerankitError('INVALID_OPTION', `model is ${show(source)}, which names no local path.`, { cause });
    }
  }
  if (!PATH_LIKE.test(source)) return undefined;
  return resolve(source.replace(/^~(?=[/\\]|$)/, () => homedir()));
}

async function fromDirectory(directory: string, source: string, { onnx }: ResolveOptions): Promise<ModelFiles> {
  const stats = await stat(directory).catch(() => undefined);
  if (stats === undefined) {
    throw new RerankitError('MODEL_NOT_FOUND', `There is no directory ${directory} (model is ${show(source)}).`);
  }
  if (!stats.isDirectory()) {
    throw new RerankitError(
      'MODEL_NOT_FOUND',
      `${directory} is a file: pass the directory that holds the whole model.`,
    );
  }
  return findModelFiles(directory, { kind: 'directory', id: directory }, { onnx });
}

function notEmbedded(file: string): RerankitError {
  return new RerankitError(
    'INVALID_OPTION',
    `The option onnxFile is ${show(file)}, but the embedded model has no ONNX files: name a model.`,
  );
}

function unclear(source: unknown, hint: string): RerankitError {
  const expected = 'expected nothing (the embedded model), a directory, or "owner/name" on the Hub';
  return new RerankitError('INVALID_OPTION', `model is ${show(source)}; ${expected}.${hint && ` ${hint}`}`);
}
