// Documents may be any objects: `text` tells what to read, and the same objects come back.
import { Reranker } from 'rerankit';

const articles = [
  {
    url: '/kb/1',
    heading: 'Reset a password',
    body: 'Choose "Forgot password" on the login page; a link arrives by mail.',
  },
  { url: '/kb/2', heading: 'Change the billing address', body: 'Account settings, Billing, Edit address.' },
  {
    url: '/kb/3',
    heading: 'Log in with a passkey',
    body: 'Add a passkey under Security; no password is needed from then on.',
  },
  {
    url: '/kb/4',
    heading: 'Export data',
    body: 'Settings, Data, Export: a CSV file is prepared and sent to you by mail.',
  },
];

const reranker = await Reranker.load();
const { results, usage } = await reranker.rerank('how do I reset my password', articles, {
  text: (article) => `${article.heading}\n${article.body}`,
  topN: 3,
  minScore: 0.1,
});
for (const { document, score, index } of results) {
  console.log(score.toFixed(3), document.url, document.heading, `(was number ${index})`);
}
console.log(usage);
await reranker.dispose();
