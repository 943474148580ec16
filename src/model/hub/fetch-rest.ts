import { networkReason } from '../../http/network-reason.ts';
import { TransientError } from '../../http/transient-error.ts';
import type { DownloadContext } from './download-context.ts';
import type { PartialFile } from './partial-file.ts';
import type { RemoteFile } from './repository.ts';
import { type HubConnection, request } from './request.ts';
import { describe } from './status-error.ts';
import type { Subject } from './subject.ts';

/** A server that sends nothing for this long, in milliseconds, counts as gone. */
const STALL_MS = 60_000;

/**
 * Makes one request for what a partial file lacks, and appends what comes. Rejects with a {@link TransientError} or a
 * {@link DamagedError}; what was written stays valid after the former.
 */
export async function fetchRest(
  { hub, subject }: DownloadContext,
  file: RemoteFile,
  partial: PartialFile,
  onBytes: (loaded: number) => void,
): Promise<void> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(new Error('no data for 60 seconds')), STALL_MS);
  const signal = hub.signal === undefined ? stall.signal : AbortSignal.any([hub.signal, stall.signal]);
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const url = `${hub.endpoint}/${subject.repository}/resolve/${subject.revision}/${path}`;
  const what = { ...subject, file: file.path };
  const headers = partial.position > 0 ? { range: `bytes=${partial.position}-` } : {};
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const response = await request(hub, what, url, { headers, signal });
    reader = response.body?.getReader();
    if (response.status !== 206) partial.restart();
    checkAnnounced(response, partial.position, file.size);
    for (;;) {
      const { done, value } = (await read(reader, hub, what)) ?? { done: true };
      if (done || value === undefined) break;
      timer.refresh();
      if (partial.position + value.length > file.size) {
        throw new DamagedError(`the server sends more than the published ${file.size} bytes`);
      }
      await partial.write(value);
      onBytes(partial.position);
    }
    if (partial.position < file.size) {
      throw new TransientError(`${describe(what)} ended after ${partial.position} of ${file.size} bytes`);
    }
  } finally {
    clearTimeout(timer);
    // Closes the connection if the body was not read to its end.
    await reader?.cancel().catch(() => undefined);
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array> | undefined, hub: HubConnection, what: Subject) {
  try {
    return await reader?.read();
  } catch (cause) {
    hub.signal?.throwIfAborted();
    throw new TransientError(`the connection was cut while ${describe(what)} arrived (${networkReason(cause)})`, {
      cause,
    });
  }
}

/** Compares what the response says about itself with what the Hub published, before gigabytes arrive. */
function checkAnnounced(response: Response, position: number, size: number): void {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 206 && Number(range?.[1]) !== position) {
    throw new DamagedError(`asked for the bytes from ${position}, the server sends others`);
  }
  const encoded = response.headers.get('content-encoding') ?? 'identity';
  const length = response.headers.get('content-length');
  const total = response.status === 206 ? range?.[2] : encoded === 'identity' ? length : undefined;
  if (total != null && total !== '*' && Number(total) !== size) {
    throw new DamagedError(`its published size is ${size} bytes, the server has ${total}`);
  }
}

/** What arrives is not what the Hub published: the partial file is worthless. */
export class DamagedError extends Error {}
