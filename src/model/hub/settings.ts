import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HUB_URL } from '@huggingface/hub';
import { RerankitError, show } from '../../errors.ts';
import { type Environment, expandPath } from '../../files/expand-path.ts';
import type { ResolveOptions } from '../resolve-options.ts';

/** Everything about the Hub that options and environment decide. */
export interface HubSettings {
  /** Base URL, without a slash at the end. */
  readonly endpoint: string;
  readonly cacheDir: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

/** Options first, then the environment variables of Python's huggingface_hub, with the same precedence as there. */
export async function readSettings(options: ResolveOptions, env: Environment = process.env): Promise<HubSettings> {
  // An empty variable is taken as unset: containers often set them so.
  const cacheHome = expandPath(env['XDG_CACHE_HOME'] || '~/.cache', env);
  const home = expandPath(env['HF_HOME'] || join(cacheHome, 'huggingface'), env);
  const cache = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(home, 'hub');
  return {
    endpoint: checkEndpoint(options.endpoint ?? (env['HF_ENDPOINT'] || HUB_URL)),
    cacheDir: resolve(options.cacheDir ?? expandPath(cache, env)),
    token: checkToken(options.token ?? (await implicitToken(home, env))),
    offline: options.offline ?? isTrue(env['HF_HUB_OFFLINE'] || env['TRANSFORMERS_OFFLINE']),
  };
}

async function implicitToken(home: string, env: Environment): Promise<string | undefined> {
  if (isTrue(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  const token = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'];
  if (token) return token;
  const path = expandPath(env['HF_TOKEN_PATH'] || join(home, 'token'), env);
  // Most machines have no token file, and public models need none.
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Files and shells leave line ends around a token; anything else odd would fail inside `fetch`, which would print it. */
function checkToken(token: string | undefined): string | undefined {
  const clean = token?.trim();
  if (!clean) return undefined;
  if (!/^[\x21-\x7e]+$/.test(clean)) {
    throw new RerankitError('INVALID_OPTION', 'token (or HF_TOKEN) holds spaces or other characters no token has.');
  }
  return clean;
}

function checkEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.username !== '') {
    const example = 'expected a base URL such as "https://huggingface.co"';
    throw new RerankitError('INVALID_OPTION', `endpoint (or HF_ENDPOINT) is ${show(endpoint)}; ${example}.`);
  }
  return url.href.replace(/\/+$/, '');
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 'ON', 'YES', 'TRUE'].includes(value.toUpperCase());
}
