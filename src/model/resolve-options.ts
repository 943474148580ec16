import type { ModelDescription } from './model-files.ts';
import type { OnnxWish } from './onnx/onnx-file.ts';
import type { OnDownloadProgress } from './progress.ts';

/** How to reach the Hub; without meaning for models that are on this machine. */
export interface HubOptions {
  /** Branch, tag or commit. @default 'main' */
  readonly revision?: string | undefined;
  /**
   * Folder of the Hub's cache, shared with Python's huggingface_hub.
   * @default HF_HUB_CACHE, else the folder `hub` in HF_HOME, else `~/.cache/huggingface/hub`
   */
  readonly cacheDir?: string | undefined;
  /** Access token. Sent to `endpoint` only. @default HF_TOKEN, else the file `token` in HF_HOME */
  readonly token?: string | undefined;
  /** Base URL of the Hub. @default HF_ENDPOINT, else `https://huggingface.co` */
  readonly endpoint?: string | undefined;
  /** Use what is in the cache, and no network. @default HF_HUB_OFFLINE */
  readonly offline?: boolean | undefined;
  /** Stands in for the global `fetch`, for proxies and the like. It must honour `signal` and `redirect: 'manual'`. */
  readonly fetch?: typeof fetch | undefined;
}

/** Where and how to find a model. */
export interface ResolveOptions extends HubOptions {
  /** The ONNX export to look for; `undefined`: only safetensors will do. */
  readonly onnx?: OnnxWish | undefined;
  /** Rejects to refuse a model with safetensors, before gigabytes of them are fetched. */
  readonly check?: ((model: ModelDescription) => Promise<unknown>) | undefined;
  readonly onProgress?: OnDownloadProgress | undefined;
  /** Rejects with the signal's reason. What was downloaded stays, and is continued next time. */
  readonly signal?: AbortSignal | undefined;
  /** @internal First delay before a request is repeated, in milliseconds; it doubles each time. @default 500 */
  readonly retryDelayMs?: number | undefined;
}
