import { afterEach, beforeEach, vi } from 'vitest';
import type { RerankitError } from '../../src/errors.ts';
import { type ResolveOptions, resolveModel } from '../../src/model/source.ts';
import { HubServer } from '../support/hub-server.ts';
import { scratch } from './scratch.ts';
import { tinyModel } from './tiny-model.ts';

/** A fresh hub with a tiny model, and an empty cache, for each test of a file. */
export function useHub() {
  const state = {} as { hub: HubServer; cacheDir: string };
  beforeEach(async () => {
    state.hub = await HubServer.start();
    state.cacheDir = await scratch();
    for (const [name, content] of Object.entries(tinyModel())) state.hub.add(name, content);
    // Nothing of the machine's own settings may leak into a test.
    const unset = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN_PATH', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'];
    for (const name of [...unset, 'HF_ENDPOINT', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE']) vi.stubEnv(name, '');
    vi.stubEnv('HF_HOME', `${state.cacheDir}-home`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await state.hub.stop();
  });
  return {
    get hub() {
      return state.hub;
    },
    get cacheDir() {
      return state.cacheDir;
    },
    load: (options: ResolveOptions = {}) =>
      resolveModel(state.hub.repository, {
        cacheDir: state.cacheDir,
        endpoint: state.hub.endpoint,
        retryDelayMs: 1,
        ...options,
      }),
  };
}

/** The error a promise rejects with; fails if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<RerankitError> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: unknown) => error as RerankitError,
  );
}
