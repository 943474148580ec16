import { rm } from 'node:fs/promises';
import type { Workload } from '../workloads.ts';
import { ask, COMPILED } from './ask.ts';
import { type LoadFigures, median, type RankFigures } from './figures.ts';
import type { PeerOptions } from './options.ts';
import type { Contender, PeerResult } from './protocol.ts';
import type { Source } from './source.ts';
import { enoughTokens, peerWorkload } from './workloads.ts';

/** Measures every contender on every workload; those that refuse the model are left out of the rest. */
export async function race(
  all: readonly Contender[],
  source: Source,
  options: PeerOptions,
): Promise<{ loads: LoadFigures[]; rows: RankFigures[] }> {
  const { threads, runs, seconds } = options;
  const workloads = options.workloads.map((name) => peerWorkload(name, options.sample[name]));
  const maxLength = Math.max(...workloads.map(enoughTokens));
  await rm(COMPILED, { recursive: true, force: true });

  const first = new Map<Contender, PeerResult>();
  for (const contender of all) {
    const result = await ask(contender, source, { threads, maxLength, tuning: undefined }, { kind: 'load' });
    first.set(contender, result);
    const outcome = result.kind === 'done' ? `${Math.round(result.loadMs)} ms` : `refused: ${result.reason}`;
    console.log(`first load of ${contender.id}: ${outcome}`);
  }

  // Workload by workload: what is compared is measured as close together as can be.
  const rows: RankFigures[] = [];
  const loadTimes: [Contender, number][] = [];
  for (const workload of workloads) {
    for (const contender of all) {
      if (first.get(contender)?.kind !== 'done') continue;
      const { tuned, settings } = await tune(contender, source, workload, options);
      const result = await ask(contender, source, settings, { kind: 'rank', workload, runs, seconds });
      if (result.kind === 'refused') {
        console.log(`${workload.name}, ${contender.id}: failed: ${result.reason}`);
        continue;
      }
      const row = rowOf(contender, workload, result, tuned);
      rows.push(row);
      loadTimes.push([contender, result.loadMs]);
      const times = row.runs.map((ms) => Math.round(ms)).join(', ');
      console.log(
        `${workload.name}, ${contender.id}: ${times} ms; ${row.settings}${tuned === '' ? '' : ` (tried: ${tuned})`}`,
      );
    }
  }

  const loads = all.map((contender): LoadFigures => {
    const result = first.get(contender);
    const own = rows.filter((row) => row.contender === contender);
    return {
      contender,
      refused: result?.kind === 'refused' ? result.reason : undefined,
      firstLoadMs: result?.kind === 'done' ? result.loadMs : null,
      firstLoadPeakBytes: result?.kind === 'done' ? result.peakBytes : null,
      secondLoadMs: own.length > 0 ? median(loadTimes.filter(([of]) => of === contender).map(([, ms]) => ms)) : null,
      peakBytes: Math.max(0, ...own.map(({ peakBytes }) => peakBytes)),
    };
  });
  return { loads, rows };
}

/** In a process of its own as well, so that what was tried takes no memory later. This library has nothing to choose. */
async function tune(contender: Contender, source: Source, workload: Workload, { threads, runs }: PeerOptions) {
  const settings = { threads, maxLength: enoughTokens(workload), tuning: undefined };
  if (contender.engine === 'rerankit') return { tuned: '', settings };
  const result = await ask(contender, source, settings, { kind: 'tune', workload, runs });
  if (result.kind === 'refused') return { tuned: `failed: ${result.reason}`, settings };
  return { tuned: result.tuned?.tried ?? '', settings: { ...settings, tuning: result.tuned?.tuning } };
}

function rowOf(
  contender: Contender,
  workload: Workload,
  { runs, promptTokens, peakBytes, settings }: PeerResult & { kind: 'done' },
  tried: string,
): RankFigures {
  const medianMs = median(runs);
  return {
    contender,
    workload,
    runs,
    medianMs,
    documentsPerSecond: (1000 * workload.documents) / medianMs,
    tokensPerSecond: (1000 * promptTokens) / medianMs,
    promptTokens,
    peakBytes,
    settings,
    tried,
  };
}
