import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { VLLM_ENV } from './find-vllm.mjs';

const START_MS = 300_000;
export const OVERRIDES = {
  architectures: ['Qwen3ForSequenceClassification'],
  classifier_from_token: ['no', 'yes'],
  is_original_qwen3_reranker: true,
};

/** Starts vLLM with a model, waits until it answers, and gives its url and a way to end it. */
export async function serveVllm(command, model, { maxModelLen, template }) {
  const port = await freePort();
  const args = ['serve', model, '--served-model-name', 'under-test', '--host', '127.0.0.1', '--port', `${port}`];
  args.push('--runner', 'pooling', '--hf-overrides', JSON.stringify(OVERRIDES));
  args.push('--dtype', 'float32', '--enforce-eager', '--max-model-len', `${maxModelLen}`);
  if (template !== undefined) args.push('--chat-template', template);
  console.log(`$ ${command} ${args.join(' ')}`);
  const child = spawn(command, args, { env: VLLM_ENV, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let [log, ended] = ['', false];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log = (log + data).slice(-20_000)));
  const exit = new Promise((resolve) => child.once('exit', resolve)).then(() => (ended = true));
  const stop = async () => {
    if (!ended) process.kill(-child.pid, 'SIGTERM'); // It has workers of its own.
    const late = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 20_000);
    await exit;
    clearTimeout(late);
  };
  const url = `http://127.0.0.1:${port}`;
  for (const end = Date.now() + START_MS; Date.now() < end && !ended; await new Promise((go) => setTimeout(go, 500))) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
  }
  await stop();
  throw new Error(`vLLM did not start:\n${log}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
