// Three calls share one model: a long background job, an urgent search that overtakes it, and a call that is given up.
import { readFileSync } from 'node:fs';
import { Reranker } from 'rerankit';

const corpus = JSON.parse(readFileSync(new URL('./corpus.json', import.meta.url), 'utf8'));
const many = Array.from({ length: 4 }, () => corpus).flat();
const text = (document) => document.text;

const reranker = await Reranker.load();
const start = performance.now();
const after = () => `after ${Math.round(performance.now() - start)} ms`;

const background = reranker.rerank('python', many, { text, priority: -1 });
background.then(({ results }) => console.log(`background: ${results.length} passages ranked ${after()}`));

const urgent = reranker.rerank('how to log in with an SSH key', corpus.slice(0, 10), { text, topN: 1, priority: 1 });
urgent.then(({ results }) => console.log(`urgent: ${results[0].document.title} ${after()}`));

// A call that is aborted leaves the queue at once; the micro-batch under way finishes, and its neighbours notice nothing.
const signal = AbortSignal.timeout(300);
const given = reranker.rerank('databases', many, { text, signal }).catch((reason) => {
  if (reason !== signal.reason) throw reason;
  console.log(`given up: ${reason.name} ${after()}`);
});

await Promise.all([background, urgent, given]);
await reranker.dispose();
