import { RerankitError, show } from '../../errors.ts';
import { retrying } from '../../http/retry.ts';
import { TransientError } from '../../http/transient-error.ts';
import { type FindOptions, tryModelFiles } from '../directory.ts';
import { isInnerPath } from '../file-names.ts';
import type { ModelFiles } from '../model-files.ts';
import type { ResolveOptions } from '../resolve-options.ts';
import { cachedCommit, cacheLayout, isCommit, writeRef } from './cache-layout.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import { fetchCommit } from './repository.ts';
import type { HubConnection } from './request.ts';
import { type HubSettings, readSettings } from './settings.ts';

/** Tries in a row before giving up; only 2 where the cache can answer instead. */
const ATTEMPTS = 5;
const ATTEMPTS_IF_CACHED = 2;

/**
 * A model from the Hub, or from the cache: a commit that is cached needs no network, and neither does a branch while the
 * Hub is out of reach.
 * @param repository `owner/name`
 */
export async function resolveFromHub(repository: string, options: ResolveOptions): Promise<ModelFiles> {
  const revision = checkRevision(options.revision ?? 'main');
  const settings = await readSettings(options);
  const layout = cacheLayout(settings.cacheDir, repository);
  const known = await cachedCommit(layout, revision);
  const find = (commit: string, options: FindOptions) =>
    tryModelFiles(layout.snapshot(commit), { kind: 'hub', id: repository, revision: commit }, options);
  const { onnx } = options;
  const cached = known === undefined ? undefined : await find(known, { onnx });
  if (settings.offline) return cached ?? notCached(repository, revision, settings);
  // Whether the repository has safetensors beside a Qwen3 export that is cached, only the Hub can tell.
  if (known !== undefined && isCommit(revision)) {
    const certain = await find(known, { onnx, partial: true });
    if (certain !== undefined) return certain;
  }

  const { token, endpoint, cacheDir } = settings;
  const { signal } = options;
  const policy = { attempts: cached ? ATTEMPTS_IF_CACHED : ATTEMPTS, delayMs: options.retryDelayMs ?? 500, signal };
  const hub: HubConnection = { endpoint, token, signal, fetch: options.fetch ?? fetch };
  try {
    const subject = { repository, revision };
    const commit = isCommit(revision) ? revision : await retrying(() => fetchCommit(hub, subject), policy);
    let current = await find(commit, { onnx, partial: true });
    if (current === undefined) {
      const context = { hub, layout, cacheDir, policy, subject: { repository, revision: commit } };
      const file = await fetchSnapshot(context, revision, options);
      current = await find(commit, file === undefined ? {} : { onnx: { file, dtype: 'auto' } });
    }
    // A cache that may not be written still serves what it has; only the fallback for later is lost.
    await writeRef(layout, revision, commit).catch(() => undefined);
    return current ?? fail(repository, settings);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    if (cached !== undefined) return cached;
    throw new RerankitError(
      'DOWNLOAD_FAILED',
      `${show(repository)} could not be fetched from ${endpoint}: ${error.message}, ${ATTEMPTS} times in a row. ` +
        'Check the network, HF_ENDPOINT and proxies; what has arrived is kept, and the next try continues there.',
      { cause: error.cause ?? error },
    );
  }
}

/** A revision becomes part of a path and of an address. */
function checkRevision(revision: string): string {
  if (typeof revision === 'string' && isInnerPath(revision) && !/[\s?#%~^*[]/.test(revision)) return revision;
  throw new RerankitError('INVALID_OPTION', `revision is ${show(revision)}; expected a branch, a tag or a commit.`);
}

function notCached(repository: string, revision: string, { cacheDir }: HubSettings): never {
  throw new RerankitError(
    'MODEL_NOT_FOUND',
    `${show(repository)} (revision ${revision}) is not complete in the cache ${cacheDir}, and offline mode is on. ` +
      'Load it once with offline (HF_HUB_OFFLINE) unset, or pass the path of a directory that has it.',
  );
}

/** Somebody emptied the cache while it was being filled. */
function fail(repository: string, { cacheDir }: HubSettings): never {
  throw new RerankitError('CACHE_FAILED', `The files of ${show(repository)} vanished from ${cacheDir}. Try again.`);
}
