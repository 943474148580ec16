// Scores pairs of query and document, in the order of the input, many queries at once.
import { Reranker } from 'rerankit';

const pairs = [
  { query: 'how to list files by size', document: 'ls -lS sorts a directory by size, the largest file first.' },
  { query: 'how to list files by size', document: 'git log --oneline prints one line per commit.' },
  { query: '如何查看提交历史', document: '使用 git log 可以查看提交历史，加上 --oneline 每条提交只显示一行。' },
  {
    query: 'TypeError: x is not a function',
    document: 'The error says that something was called that is no function; check the name and the import.',
    instruction: 'Given an error message, retrieve the passage that tells how to fix it',
  },
];

const reranker = await Reranker.load();
const { scores } = await reranker.score(pairs);
for (const [at, { query, document }] of pairs.entries()) {
  const { score, logit } = scores[at];
  console.log(`score ${score.toFixed(3)}  logit ${logit.toFixed(2)}\n  ${query}\n  ${document}`);
}
await reranker.dispose();
