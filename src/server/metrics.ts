import type { RerankerInfo, RerankerStats } from '../types.ts';
import type { RequestLog } from './log.ts';

/** Upper bounds of the histogram of durations, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

type Labels = Readonly<Record<string, string | number | undefined>>;

/** What is true at the moment of asking. */
export interface Now {
  readonly ready: boolean;
  readonly open: number;
  readonly waiting: number;
  readonly version: string;
  readonly model: string | undefined;
  readonly info: RerankerInfo | undefined;
  readonly stats: RerankerStats | undefined;
}

interface Histogram {
  /** Requests at most as long as each bound. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counts requests, and tells the counts in Prometheus' text format. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Histogram>();

  /** Counts a request. Labels are of closed sets, so that nobody can make a server remember ever more of them. */
  count({
    path = 'other',
    protocol = '',
    status,
    milliseconds,
  }: Pick<RequestLog, 'path' | 'protocol' | 'status' | 'milliseconds'>): void {
    const labels = labelled({ path, protocol, status });
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    const seconds = milliseconds / 1000;
    const histogram = this.#durations.get(path) ?? { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
    for (const [at, bound] of BUCKETS.entries())
      if (seconds <= bound) histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    histogram.sum += seconds;
    histogram.count++;
    this.#durations.set(path, histogram);
  }

  /** The text of `/metrics`. */
  text(now: Now): string {
    const { info, stats } = now;
    const total = stats?.total;
    const build = { version: now.version, model: now.model, device: info?.device, dtype: info?.dtype };
    return [
      family('rerankit_info', 'gauge', 'What is served; always 1.', [`rerankit_info${labelled(build)} 1`]),
      gauge('rerankit_ready', 'Whether requests are ranked: 0 while loading and draining.', Number(now.ready)),
      family(
        'rerankit_requests_total',
        'counter',
        'Requests that have been answered.',
        [...this.#requests].map(([labels, count]) => `rerankit_requests_total${labels} ${count}`),
      ),
      family(
        'rerankit_request_duration_seconds',
        'histogram',
        'Time from a request to its answer.',
        [...this.#durations].flatMap(([path, histogram]) => histogramLines(path, histogram)),
      ),
      gauge('rerankit_requests_open', 'Requests to rank that are under way or wait.', now.open),
      gauge('rerankit_requests_waiting', 'Of these, requests that have not been read yet.', now.waiting),
      gauge('rerankit_queued_documents', 'Documents without a score of calls under way.', stats?.queuedDocuments ?? 0),
      counter('rerankit_calls_total', 'Calls of the model that have ended.', total?.calls ?? 0),
      counter('rerankit_call_failures_total', 'Of these, calls that failed.', total?.failures ?? 0),
      counter('rerankit_call_aborts_total', 'Of these, calls that nobody waited for any more.', total?.aborts ?? 0),
      counter('rerankit_documents_total', 'Documents that have been scored.', total?.documents ?? 0),
      counter('rerankit_prompt_tokens_total', 'Tokens of all prompts.', total?.promptTokens ?? 0),
      counter('rerankit_computed_tokens_total', 'Of these, tokens that were not shared.', total?.computedTokens ?? 0),
      counter('rerankit_runs_total', 'Micro-batches of the model.', total?.runs ?? 0),
      counter('rerankit_run_seconds_total', 'Time in micro-batches.', (total?.runMilliseconds ?? 0) / 1000),
      gauge('process_resident_memory_bytes', 'Memory of the process.', process.memoryUsage.rss()),
    ].join('');
  }
}

function gauge(name: string, help: string, value: number): string {
  return family(name, 'gauge', help, [`${name} ${value}`]);
}

function counter(name: string, help: string, value: number): string {
  return family(name, 'counter', help, [`${name} ${value}`]);
}

function family(name: string, type: string, help: string, samples: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');
}

function histogramLines(path: string, { counts, sum, count }: Histogram): string[] {
  const name = 'rerankit_request_duration_seconds';
  return [
    ...BUCKETS.map((bound, at) => `${name}_bucket${labelled({ path, le: bound })} ${counts[at]}`),
    `${name}_bucket${labelled({ path, le: '+Inf' })} ${count}`,
    `${name}_sum${labelled({ path })} ${sum}`,
    `${name}_count${labelled({ path })} ${count}`,
  ];
}

function labelled(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value ?? ''))}"`);
  return `{${parts.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
