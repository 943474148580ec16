// A reranker action of Genkit. Needs `npm install genkit`.
import { readFileSync } from 'node:fs';
import { Document, genkit, z } from 'genkit';
import { CommonRerankerOptionsSchema } from 'genkit/reranker';
import { Reranker } from 'rerankit';
import { rerankerFn } from 'rerankit/genkit';

const corpus = JSON.parse(readFileSync(new URL('../corpus.json', import.meta.url), 'utf8'));
const documents = corpus.map(({ title, text }) => Document.fromText(text, { title }));

const loaded = await Reranker.load();
const ai = genkit({});
const reranker = ai.defineReranker(
  {
    name: 'rerankit/embedded',
    configSchema: CommonRerankerOptionsSchema.extend({ instruction: z.string().optional() }),
  },
  rerankerFn(loaded, { text: ({ metadata, text }) => `${metadata.title}\n${text}` }),
);
const ranked = await ai.rerank({
  reranker,
  query: 'how to read a big file line by line in node',
  documents,
  options: { k: 3, instruction: 'Given a task, retrieve the passage that explains how to do it' },
});
for (const document of ranked) console.log(document.score().toFixed(3), document.metadata.title);
await loaded.dispose();
