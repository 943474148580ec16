import type { RetryPolicy } from '../../http/retry.ts';
import type { CacheLayout } from './cache-layout.ts';
import type { HubConnection } from './request.ts';
import type { Subject } from './subject.ts';

/** Everything a file's download needs beside the file. */
export interface DownloadContext {
  readonly hub: HubConnection;
  readonly layout: CacheLayout;
  readonly cacheDir: string;
  readonly policy: RetryPolicy;
  /** Repository and commit. */
  readonly subject: Subject;
}
