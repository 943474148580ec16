import assert from 'node:assert/strict';
import { Document, genkit, z } from 'genkit';
import { reranker as pluginReranker } from 'genkit/plugin';
import { CommonRerankerOptionsSchema } from 'genkit/reranker';
import { Reranker } from 'rerankit';
import { rerankerFn } from 'rerankit/genkit';

const query = 'how to undo the last git commit';
const right = 'git reset --soft HEAD~1 undoes the last commit and keeps the changes staged.';
const texts = ['To bake bread, preheat the oven.', right, 'A cat sleeps for most of the day.'];
const documents = texts.map((text, page) => Document.fromText(text, { page, title: `Page ${page}` }));
const before = structuredClone(documents.map((document) => document.toJSON()));

const loaded = await Reranker.load();
const own = await loaded.rerank(query, texts);

const ai = genkit({});
const reranker = ai.defineReranker(
  {
    name: 'rerankit/embedded',
    configSchema: CommonRerankerOptionsSchema.extend({ instruction: z.string().optional() }),
  },
  rerankerFn(loaded),
);
for (const by of [reranker, 'rerankit/embedded']) {
  const ranked = await ai.rerank({ reranker: by, query, documents, options: { k: 2 } });
  assert.deepEqual(
    ranked.map(({ text }) => text),
    own.results.slice(0, 2).map(({ document }) => document),
  );
  const [best] = ranked;
  assert.ok(Math.abs((best?.score() ?? 0) - (own.results[0]?.score ?? Number.NaN)) < 1e-4);
  assert.equal(best?.metadata['title'], 'Page 1');
}
assert.deepEqual(
  documents.map((document) => document.toJSON()),
  before,
);

// No options; an instruction for one call; a wrong option.
assert.equal((await ai.rerank({ reranker, query, documents })).length, 3);
const instructed = await ai.rerank({ reranker, query, documents, options: { instruction: 'Find recipes for baking' } });
assert.notEqual(instructed[0]?.score(), own.results[0]?.score);
await assert.rejects(ai.rerank({ reranker, query, documents, options: { k: 0 } }), { code: 'INVALID_OPTION' });

// As a plugin defines it, and with a text of one's own.
const text = (document: Document) => `${document.metadata?.['title']}\n${document.text}`;
const action = pluginReranker({ name: 'rerankit/titled' }, rerankerFn(loaded, { topN: 1, text }));
const { documents: titled } = await action({ query: Document.fromText(query), documents });
assert.equal(titled.length, 1);

await loaded.dispose();
console.log('ranked');
