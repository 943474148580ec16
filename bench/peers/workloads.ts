import { callsOf, type Workload, workloadFor } from '../workloads.ts';

/** Those of `npm run bench` that peers are measured on. */
export const PEER_WORKLOADS: readonly string[] = ['short', 'medium', 'long'];

/** The whole workload, or a sample of its documents that is spread over the same lengths. */
export function peerWorkload(name: string, sample: number | undefined): Workload {
  const workload = workloadFor(name, 0);
  return sample === undefined || sample >= workload.documents ? workload : { ...workload, documents: sample };
}

const TEMPLATE_TOKENS = 128;
/** More than any word of the workloads has in a vocabulary that knows English. */
const TOKENS_PER_WORD = 1.3;

/** Tokens that are enough for each prompt of the workload. */
export function enoughTokens(workload: Workload): number {
  const [call] = callsOf(workload, 0);
  const words = Math.max(...(call?.documents ?? []).map((text) => text.split(' ').length));
  return TEMPLATE_TOKENS + Math.ceil(TOKENS_PER_WORD * words);
}
