// The library inside a worker thread of the application's own.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { Reranker } from 'rerankit';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', (count) => console.log(count === 2 ? 'ranked' : `${count} results`));
} else {
  const reranker = await Reranker.load();
  const { results } = await reranker.rerank('query', ['one', 'two']);
  await reranker.dispose();
  parentPort.postMessage(results.length);
}
