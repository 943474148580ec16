import { readFileSync } from 'node:fs';
import { Reranker, type RerankOptions } from 'rerankit';

/** What ways to score long documents cost: one query and three documents of some 7,000 tokens, on the embedded model. */

const DOCUMENTS = 3;
const UNITS = 16_000;
const RUNS = 2;

type Way = readonly [name: string, longDocuments: RerankOptions<string>['longDocuments'], maxLength: number];
const WAYS: readonly Way[] = [
  ['whole', 'truncate', 8192],
  ['first 512 tokens', { window: 512, combine: 'first' }, 8192],
  ['passages of 512', { window: 512 }, 8192],
  ['passages of 256', { window: 256 }, 8192],
  ['passages of 1,024', { window: 1024 }, 8192],
];

const guide = readFileSync('README.md', 'utf8');
const documents = Array.from({ length: DOCUMENTS }, (_, at) => {
  const from = (at * 997) % (guide.length / 2);
  return `${guide.slice(from)}\n\n${guide}`.repeat(2).slice(0, UNITS);
});

console.log('| way | tokens of the prompts | computed | ms |\n| --- | --- | --- | --- |');
for (const [name, longDocuments, maxLength] of WAYS) {
  await using reranker = await Reranker.load(undefined, { device: 'cpu', maxLength });
  let best = Number.POSITIVE_INFINITY;
  let usage = { promptTokens: 0, computedTokens: 0 };
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    ({ usage } = await reranker.rerank(`how to load a model, ${run}`, documents, { longDocuments }));
    best = Math.min(best, performance.now() - start);
  }
  console.log(`| ${name} | ${usage.promptTokens} | ${usage.computedTokens} | ${best.toFixed(0)} |`);
}
