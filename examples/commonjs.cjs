// The package works with require() too.
const { Reranker, RerankitError } = require('rerankit');

async function main() {
  const reranker = await Reranker.load();
  const { results } = await reranker.rerank('How do I stop a Docker container?', [
    'docker ps lists running containers; add -a to see stopped ones as well.',
    'docker stop sends SIGTERM to a container and, ten seconds later, SIGKILL.',
    'kubectl get pods lists the pods of a namespace.',
  ]);
  for (const { score, document } of results) console.log(score.toFixed(3), document);

  // Errors carry a code; they are told apart by it, whichever copy of the package threw them.
  const error = await reranker.rerank('query', ['fine', 42]).catch((reason) => reason);
  if (RerankitError.isInstance(error, 'INVALID_INPUT')) console.log(`${error.code}: ${error.message}`);
  await reranker.dispose();
}

main();
