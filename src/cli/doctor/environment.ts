import { homedir } from 'node:os';
import type { Environment } from '../../files/expand-path.ts';

/** Variables whose values may hold secrets: only whether they are set is told. */
const SECRET = [
  ...['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'RERANKIT_API_KEYS', 'RERANKIT_API_KEY'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'],
];

const PLAIN = [
  ...['HF_HOME', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE', 'HF_TOKEN_PATH'],
  ...['HF_HUB_DISABLE_IMPLICIT_TOKEN', 'XDG_CACHE_HOME', 'RERANKIT_CACHE', 'RERANKIT_ORT_CUDA_DIR'],
  ...['LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', 'OMP_NUM_THREADS', 'ORT_DISABLE_TELEMETRY', 'UV_THREADPOOL_SIZE'],
];

/** What is shown of the environment. */
export function environmentReport(env: Environment): Record<string, string> {
  const report: Record<string, string> = {};
  for (const name of SECRET) if (env[name]) report[name] = 'set';
  for (const name of PLAIN) {
    const value = env[name];
    if (value) report[name] = withoutHome(value);
  }
  const endpoint = env['HF_ENDPOINT'];
  if (endpoint) report['HF_ENDPOINT'] = withoutCredentials(endpoint);
  return report;
}

/** A text with the user's home folder as `~`: its name is often that of a person. */
export function withoutHome(text: string, home = homedir()): string {
  return home.length > 1 ? text.replaceAll(home, '~') : text;
}

function withoutCredentials(address: string): string {
  if (!URL.canParse(address)) return 'set, but no address';
  const { origin, username, search } = new URL(address);
  return username === '' && search === '' ? origin : `${origin}, with a name or a query, which is refused`;
}
