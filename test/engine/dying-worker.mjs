// Speaks the engine's protocol, and dies when asked to: by an uncaught throw, or by an exit.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ id, method, request }) => {
  const deadly = method === 'run' ? request.tokens[0] : 0;
  if (deadly === 666) throw new Error('out of memory');
  if (deadly === 667) process.exit(3);
  if (deadly === 668) {
    parentPort.postMessage({ id, ok: false, error: { code: undefined, message: 'bad run', stack: undefined } });
    return;
  }
  const responses = { load: { device: 'cpu', refusedDevices: [] }, run: new Float32Array([1]), dispose: undefined };
  parentPort.postMessage({ id, ok: true, response: responses[method] });
});
