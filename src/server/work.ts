import { show } from '../errors.ts';
import type { ServedReranker } from './handler-options.ts';
import { invalid, Problem } from './problem.ts';
import type { Job, Outcome, Scored } from './protocols/job.ts';

/** Does what a request asks. Rejects with a `Problem`, as the reranker does, or with the signal's reason. */
export async function work(
  reranker: ServedReranker,
  job: Job,
  { id, names, signal }: { readonly id: string; readonly names: readonly string[]; readonly signal: AbortSignal },
): Promise<Outcome> {
  checkModel(job, names);
  checkCut(job, reranker.info.maxLength);
  const call = { signal, priority: job.priority };
  const { results, usage } =
    job.kind === 'rerank'
      ? await reranker.rerank(job.query, job.documents, { ...call, instruction: job.instruction })
      : await reranker.score(job.pairs, call).then(({ scores, usage }) => ({ results: scores.map(numbered), usage }));
  if (job.whole) checkWhole(results, reranker.info.maxLength);
  return { id, model: names[0] ?? reranker.info.model, results, usage };
}

/** How many documents a job has. */
export function sizeOf(job: Job): number {
  return job.kind === 'rerank' ? job.documents.length : job.pairs.length;
}

function numbered(score: Omit<Scored, 'index'>, index: number): Scored {
  return { ...score, index };
}

function checkModel({ model }: Job, names: readonly string[]): void {
  if (model === undefined || model === '' || names.includes(model)) return;
  const served = names.map(show).join(', ');
  throw new Problem(
    404,
    `The model ${show(model)} is not served here; the field model can be ${served}, or left out.`,
    {
      code: 'MODEL_NOT_FOUND',
    },
  );
}

/** Prompts are cut at one length for all: a request may say less than that only if it says so to no effect. */
function checkCut({ cut }: Job, maxLength: number | undefined): void {
  if (cut === undefined || (maxLength !== undefined && cut.tokens >= maxLength)) return;
  throw invalid(
    `${cut.field} is ${cut.tokens}, but this server cuts prompts at ${lengthOf(maxLength)} and nowhere else: leave ${cut.field} out.`,
  );
}

function checkWhole(results: readonly Scored[], maxLength: number | undefined): void {
  const long = results.find(({ truncated }) => truncated);
  if (long === undefined) return;
  throw invalid(
    `Document ${long.index} is too long: its prompt goes beyond ${lengthOf(maxLength)}. Shorten it, or let the server cut it.`,
  );
}

function lengthOf(maxLength: number | undefined): string {
  return maxLength === undefined ? "the model's limit" : `${maxLength} tokens`;
}
