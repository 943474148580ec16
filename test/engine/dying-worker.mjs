// Speaks the engine's protocol, and dies when asked to: by an uncaught throw, or by an exit.
import { parentPort, threadId } from 'node:worker_threads';

parentPort.on('message', ({ id, method, request }) => {
  if (method === 'load' && request.failures !== undefined && Atomics.add(new Int32Array(request.failures), 0, -1) > 0) {
    parentPort.postMessage({
      kind: 'error',
      id,
      error: { code: undefined, message: `no memory in ${threadId}`, stack: undefined },
    });
    return;
  }
  const deadly = method === 'run' ? request.tokens[0] : 0;
  if (deadly === 666) throw new Error('out of memory');
  if (deadly === 667) process.exit(3);
  if (deadly === 668) {
    parentPort.postMessage({ kind: 'error', id, error: { code: undefined, message: 'bad run', stack: undefined } });
    return;
  }
  const responses = {
    load: { device: 'cpu', refusedDevices: [], dtype: { dtype: 'fp32', reason: '' }, warnings: [] },
    run: new Float32Array([1]),
    dispose: undefined,
  };
  parentPort.postMessage({ kind: 'response', id, response: responses[method] });
});
