import { type Call, callsOf } from '../workloads.ts';
import { ask } from './ask.ts';
import { contender } from './contenders.ts';
import type { PeerOptions } from './options.ts';
import type { Contender } from './protocol.ts';
import type { Source } from './source.ts';
import { enoughTokens, peerWorkload } from './workloads.ts';

/** Documents with an answer among them, and words of the workloads in several lengths. */
function checkCall(): { call: Call; maxLength: number } {
  const short = peerWorkload('short', 8);
  const long = peerWorkload('long', 2);
  const [random] = callsOf(short, 0);
  const [many] = callsOf(long, 0);
  const documents = [
    'git reset --soft HEAD~1 moves the branch back one commit and keeps your changes staged.',
    'To bake bread, preheat the oven to 230 degrees.',
    'A commit that was pushed is undone with git revert, which adds a commit that takes the changes back.',
    ...(random?.documents ?? []),
    ...(many?.documents ?? []),
  ];
  return { call: { query: 'how to undo the last git commit', documents }, maxLength: enoughTokens(long) };
}

/** Prints how far everybody's logits, or cosines, are from those of this library in float32. */
export async function check(
  all: readonly Contender[],
  source: Source,
  { task, threads }: Pick<PeerOptions, 'task' | 'threads'>,
): Promise<void> {
  const { call, maxLength } = checkCall();
  const settings = { threads, maxLength, tuning: undefined };
  const own = contender(task, 'rerankit', 'fp32');
  const wanted = await ask(own, source, settings, { kind: 'score', call, sameIds: true });
  if (wanted.kind === 'refused') throw new Error(wanted.reason);
  const { logits: expected, promptTokens } = wanted;
  console.log(`${call.documents.length} documents, ${promptTokens} tokens; logits ${span(expected)}\n`);
  for (const one of all) {
    for (const sameIds of one.engine === 'node-llama-cpp' ? [true, false] : [true]) {
      const result = await ask(one, source, settings, { kind: 'score', call, sameIds });
      const name = `${one.id}${sameIds ? '' : ' with its own token ids'}`;
      if (result.kind === 'refused') {
        console.log(`${name}: refused: ${result.reason}`);
        continue;
      }
      const distances = result.logits.map((logit, at) => Math.abs(logit - (expected[at] ?? Number.NaN)));
      const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
      console.log(
        `${name}: ${result.promptTokens} tokens, logits differ by ${mean.toExponential(1)} on average, ` +
          `${Math.max(...distances).toExponential(1)} at most, ${inversions(expected, result.logits)} pairs change places`,
      );
    }
  }
}

/** How many pairs of documents are ordered differently. */
function inversions(left: readonly number[], right: readonly number[]): number {
  let count = 0;
  for (let a = 0; a < left.length; a++) {
    for (let b = 0; b < a; b++) {
      const one = (left[a] ?? 0) - (left[b] ?? 0);
      const other = (right[a] ?? 0) - (right[b] ?? 0);
      if (one * other < 0) count++;
    }
  }
  return count;
}

function span(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
}
