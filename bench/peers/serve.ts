import { answer, readRequest } from '../child.ts';
import { type Call, callsOf } from '../workloads.ts';
import type { PeerRequest, PeerResult, Ranker, Ranking, Work } from './protocol.ts';

/** The whole of a child process: loads what the request says, does its work, answers. */
export async function serve(load: (request: PeerRequest) => Promise<Ranker>): Promise<void> {
  const request = readRequest<PeerRequest>();
  const start = performance.now();
  let ranker: Ranker;
  try {
    ranker = await load(request);
  } catch (error) {
    answer({ kind: 'refused', reason: error instanceof Error ? error.message : `${error}` } satisfies PeerResult);
    return;
  }
  const loadMs = performance.now() - start;
  const done = await perform(ranker, request.work);
  const { settings } = ranker;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  await ranker.dispose();
  answer({ kind: 'done', loadMs, peakBytes, settings, ...done } satisfies PeerResult);
}

type Done = Pick<PeerResult & { kind: 'done' }, 'runs' | 'promptTokens' | 'logits' | 'tuned'>;

async function perform(ranker: Ranker, work: Work): Promise<Done> {
  const nothing = { runs: [], promptTokens: 0, logits: [], tuned: undefined };
  if (work.kind === 'load') return nothing;
  if (work.kind === 'score') {
    const { logits, countTokens } = await ranker.rank(work.call);
    return { ...nothing, logits, promptTokens: countTokens() };
  }

  // Neither a first touch of the weights nor the choice of settings is part of the figures.
  const { workload, runs } = work;
  await ranker.rank(one(callsOf({ ...workload, documents: 1 }, runs)));
  if (work.kind === 'tune') return { ...nothing, tuned: await ranker.tune?.(one(callsOf(workload, runs + 1))) };

  const { seconds } = work;
  const calls = Array.from({ length: runs }, (_, run) => one(callsOf(workload, run)));
  const times: number[] = [];
  const started = performance.now();
  let first: Ranking | undefined;
  for (const call of calls) {
    if (times.length > 0 && performance.now() - started > 1000 * seconds) break;
    const start = performance.now();
    const ranking = await ranker.rank(call);
    times.push(performance.now() - start);
    first ??= ranking;
  }
  return { ...nothing, runs: times, promptTokens: first?.countTokens() ?? 0 };
}

function one(calls: readonly Call[]): Call {
  const [call] = calls;
  if (call === undefined || calls.length > 1) throw new Error('Workloads of this bench are single calls');
  return call;
}
