import { listFiles, modelInfo, pathsInfo } from '@huggingface/hub';
import { RerankitError, show } from '../../errors.ts';
import { TransientError } from '../../http/transient-error.ts';
import { type HubConnection, request } from './request.ts';
import type { Subject } from './subject.ts';

/** A file as the Hub publishes it. */
export interface RemoteFile {
  /** Path inside the repository. */
  readonly path: string;
  /** Size in bytes. */
  readonly size: number;
  /** Large files are published with the SHA-256 of their content, others with the SHA-1 that git gives them. */
  readonly digest: { readonly algorithm: 'sha256' | 'git-sha1'; readonly hex: string };
}

/** Paths asked for in one request. */
const PATHS_PER_REQUEST = 100;

/** A repository may have any number of files; a model has tens. */
const MAX_NAMES = 10_000;

/** How long the Hub may take to answer a question about a repository, in milliseconds. */
const ANSWER_MS = 15_000;

/** The commit that a branch, tag or shortened commit stands for. */
export async function fetchCommit(hub: HubConnection, subject: Subject): Promise<string> {
  const { repository: name, revision } = subject;
  const info = await ask(hub, subject, (ask) => modelInfo({ name, revision, additionalFields: ['sha'], ...ask }));
  return checked(/^[0-9a-f]{40}$/, info.sha, 'commit', subject);
}

/** The paths of a commit's files, of so many at most. */
export async function fetchNames(hub: HubConnection, subject: Subject): Promise<string[]> {
  const { repository: name, revision } = subject;
  return ask(hub, subject, async (ask) => {
    const names: string[] = [];
    for await (const { type, path } of listFiles({
      repo: { type: 'model', name },
      revision,
      recursive: true,
      ...ask,
    })) {
      if (type === 'file' && typeof path === 'string') names.push(path);
      if (names.length >= MAX_NAMES) break;
    }
    return names;
  });
}

/** Those of `paths` that exist in a commit, by path. */
export async function fetchFiles(
  hub: HubConnection,
  subject: Subject,
  paths: readonly string[],
): Promise<Map<string, RemoteFile>> {
  const { repository: name, revision } = subject;
  const files = new Map<string, RemoteFile>();
  for (let start = 0; start < paths.length; start += PATHS_PER_REQUEST) {
    const some = paths.slice(start, start + PATHS_PER_REQUEST);
    const repo = { type: 'model', name } as const;
    const found = await ask(hub, subject, (ask) => pathsInfo({ repo, revision, paths: some, ...ask }));
    for (const { path, type, size, oid, lfs } of found) {
      // Only names that were asked for are believed: they become paths on this machine.
      if (type !== 'file' || !some.includes(path)) continue;
      const file = { ...subject, file: path };
      const bytes = lfs?.size ?? size;
      if (!Number.isSafeInteger(bytes) || bytes < 0) throw unusable(file, 'size', bytes);
      const digest = lfs
        ? ({ algorithm: 'sha256', hex: checked(/^[0-9a-f]{64}$/, lfs.oid, 'hash', file) } as const)
        : ({ algorithm: 'git-sha1', hex: checked(/^[0-9a-f]{40}$/, oid, 'hash', file) } as const);
      files.set(path, { path, size: bytes, digest });
    }
  }
  return files;
}

/**
 * Calls the Hub's API through its library. The library is given no token: it refuses those of private Hubs (they need
 * not begin with `hf_`), and {@link request} adds it where it belongs.
 */
async function ask<T>(
  hub: HubConnection,
  subject: Subject,
  call: (params: { hubUrl: string; fetch: typeof fetch }) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(ANSWER_MS);
  const signal = hub.signal === undefined ? timeout : AbortSignal.any([hub.signal, timeout]);
  const send: typeof fetch = (input, init) =>
    request(hub, subject, input instanceof Request ? input.url : String(input), { ...init, signal });
  try {
    return await call({ hubUrl: hub.endpoint, fetch: send });
  } catch (cause) {
    hub.signal?.throwIfAborted();
    if (RerankitError.isInstance(cause) || cause instanceof TransientError) throw cause;
    // A cut connection and a proxy's page of HTML look the same here: JSON that does not end.
    throw new TransientError(`${hub.endpoint} sent an unreadable answer`, { cause });
  }
}

function checked(pattern: RegExp, value: unknown, what: string, subject: Subject): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw unusable(subject, what, value);
}

function unusable({ repository, file }: Subject, what: string, value: unknown): RerankitError {
  const name = file === undefined ? repository : `${file} of ${repository}`;
  return new RerankitError(
    'DOWNLOAD_FAILED',
    `The Hub announces the ${what} ${show(value)} for ${name}: no such ${what} exists.`,
  );
}
