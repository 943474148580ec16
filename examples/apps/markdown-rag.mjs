// Two-stage retrieval over a folder of Markdown: BM25 finds candidates among its paragraphs, the reranker puts the best on top.
// Needs, besides rerankit: npm install minisearch
//   node markdown-rag.mjs FOLDER "question" [MODEL]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import MiniSearch from 'minisearch';
import { Reranker } from 'rerankit';

/** Passages of all Markdown files in a folder and below, each with the heading above it: { id, file, title, text }. */
export function readPassages(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.md'));
  return files.sort().flatMap((file) => {
    let title = file;
    const prose = readFileSync(join(folder, file), 'utf8').replaceAll(/^```.*?^```$|<!--.*?-->/gms, '');
    // Paragraphs, and items of lists: short texts about one thing.
    return prose.split(/\n\s*\n|\n(?=[-*] |\d+\. )/).flatMap((part, at) => {
      const heading = /^#+ (.*)$/m.exec(part);
      title = heading?.[1] ?? title;
      const text = plain(part.replace(/^#+ .*$/m, ''));
      return text === '' || text.startsWith('|') ? [] : [{ id: `${file}#${at}`, file, title, text }];
    });
  });
}

/** Models read prose better than marks. */
function plain(markdown) {
  return markdown
    .replaceAll(/^\s*(?:[-*]|\d+\.) /gm, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\*\*|`/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** First stage: made once for all questions. Words of any language, Chinese ones too. */
export function makeIndex(passages) {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
  const index = new MiniSearch({
    fields: ['title', 'text'],
    tokenize: (text) =>
      [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment),
  });
  index.addAll(passages);
  return index;
}

/** Both stages: of 20 candidates the best three. */
export async function retrieve(question, { index, passages, reranker, candidates = 20, topN = 3 }) {
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  const found = index.search(question, { prefix: true, fuzzy: 0.1, boost: { title: 2 } });
  const recalled = found.slice(0, candidates).map(({ id }) => byId.get(id));
  const { results } = await reranker.rerank(question, recalled, {
    text: ({ title, text }) => `${title}\n${text.slice(0, 1000)}`,
    topN,
  });
  return { recalled, results };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, question, model] = process.argv.slice(2);
  const passages = readPassages(folder);
  const index = makeIndex(passages);
  const reranker = await Reranker.load(model);
  const { recalled, results } = await retrieve(question, { index, passages, reranker });
  await reranker.dispose();
  console.log(`${passages.length} passages, ${recalled.length} recalled by BM25:\n`);
  for (const { score, document } of results) {
    const before = recalled.indexOf(document) + 1;
    console.log(`${score.toFixed(3)}  ${document.file}: ${document.title}  (BM25 had it in place ${before})`);
  }
}
