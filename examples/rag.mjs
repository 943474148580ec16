// Two-stage retrieval: a cheap first stage recalls candidates, the reranker puts the best on top for a language model.
import { readFileSync } from 'node:fs';
import { Reranker } from 'rerankit';

const corpus = JSON.parse(readFileSync(new URL('./corpus.json', import.meta.url), 'utf8'));
const question = process.argv[2] ?? 'My PostgreSQL query is slow. How do I see whether it uses an index?';

// First stage, in place of your search engine or vector store: shared words, rare ones counting more (Chinese has no
// spaces between words; Intl.Segmenter finds them).
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
const words = (text) =>
  new Set(
    [...segmenter.segment(text.toLowerCase())].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment),
  );
const index = corpus.map((passage) => ({ passage, terms: words(`${passage.title} ${passage.text}`) }));
const rarity = (term) => Math.log((index.length + 1) / (index.filter(({ terms }) => terms.has(term)).length + 1));
const asked = [...words(question)].map((term) => ({ term, weight: rarity(term) }));
const candidates = index
  .map(({ passage, terms }) => ({
    passage,
    recall: asked.reduce((sum, { term, weight }) => sum + (terms.has(term) ? weight : 0), 0),
  }))
  .filter(({ recall }) => recall > 0)
  .sort((a, b) => b.recall - a.recall)
  .slice(0, 20)
  .map(({ passage }) => passage);

// Second stage: every candidate is read together with the question.
const reranker = await Reranker.load();
const { results } = await reranker.rerank(question, candidates, {
  text: ({ title, text }) => `${title}\n${text}`,
  topN: 3,
  minScore: 0.05,
});
await reranker.dispose();

console.log(`${candidates.length} of ${corpus.length} passages recalled, ${results.length} kept.\n`);
const context = results.map(({ document, score }) => `[${document.id}, ${score.toFixed(3)}] ${document.text}`);
console.log(`Answer the question from these passages.\n\n${context.join('\n\n')}\n\nQuestion: ${question}`);
