import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { wholeNumber } from './options.ts';
import { ROOT } from './paths.ts';

/**
 * Load on `rerankit serve`: so many clients, each with its next request as soon as the last one was answered, for so
 * long; some of them hang up. Prints throughput, latencies and memory, and ends with 1 after an error or if memory grew.
 */
const HELP = `Usage: npm run bench:serve -- [options]

  --seconds N     how long  (default: 60)
  --clients N     clients at a time  (default: 64)
  --documents N   documents of a request  (default: 8)
  --hang-up P     share of requests whose client hangs up, at a random time, 0 to 1  (default: 0)
  --model MODEL   the model to serve  (default: embedded)`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '64' },
    documents: { type: 'string', default: '8' },
    'hang-up': { type: 'string', default: '0' },
    model: { type: 'string', default: 'embedded' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit();
}
const seconds = wholeNumber('--seconds', values.seconds) ?? 60;
const clients = wholeNumber('--clients', values.clients) ?? 64;
const perRequest = wholeNumber('--documents', values.documents) ?? 8;
const hangUp = Number(values['hang-up']);

/** Growth of memory over the second half that is more than noise. */
const MOST_GROWTH = 0.1;
const WORDS = 'git commit undo reset branch server memory limit container bread oven cat river history'.split(' ');
const words = (count: number) =>
  Array.from({ length: count }, () => WORDS[Math.floor(Math.random() * WORDS.length)]).join(' ');

interface Tally {
  readonly milliseconds: number[];
  readonly errors: Map<string, number>;
  hungUp: number;
}

const child = spawn(process.execPath, [join(ROOT, 'dist', 'cli.js'), 'serve', '--port', '0', '--model', values.model], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
const url = await new Promise<string>((resolve, reject) => {
  child.once('close', (code) => reject(new Error(`rerankit serve ended with ${code}`)));
  // Read to the end, for a full pipe would hold the server up.
  createInterface({ input: child.stderr }).on('line', (line) => {
    const at = /"url":"([^"]+)"/.exec(line)?.[1];
    if (at !== undefined) resolve(at);
  });
});
while (!(await fetch(`${url}/ready`)).ok) await delay(20);

const tally: Tally = { milliseconds: [], errors: new Map(), hungUp: 0 };
const memory: number[] = [];
const end = performance.now() + seconds * 1000;
const watching = watch();
await Promise.all(Array.from({ length: clients }, () => client(tally)));
await watching;
const left = await metric('rerankit_queued_documents');
child.kill('SIGTERM');
const code = await new Promise((resolve) => child.once('close', resolve));
report(tally);

async function client(tally: Tally): Promise<void> {
  const { milliseconds, errors } = tally;
  while (performance.now() < end) {
    const documents = Array.from({ length: perRequest }, () => words(40));
    const signal = Math.random() < hangUp ? AbortSignal.timeout(Math.ceil(Math.random() * 1500)) : null;
    const started = performance.now();
    try {
      const response = await fetch(`${url}/v2/rerank`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: words(6), documents }),
        signal,
      });
      const { results } = (await response.json()) as { results?: unknown[] };
      if (response.status !== 200 || results?.length !== perRequest) throw new Error(`status ${response.status}`);
      milliseconds.push(performance.now() - started);
    } catch (error) {
      if (signal?.aborted) tally.hungUp++;
      else {
        const name = error instanceof Error ? error.message : String(error);
        errors.set(name, (errors.get(name) ?? 0) + 1);
      }
    }
  }
}

/** The server's memory, twice a second. */
async function watch(): Promise<void> {
  while (performance.now() < end) {
    memory.push(await metric('process_resident_memory_bytes'));
    await delay(500);
  }
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

function report({ milliseconds, errors, hungUp }: Tally): void {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const percentile = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(0);
  const half = memory.slice(Math.floor(memory.length / 2));
  const [third, fourth] = [median(half.slice(0, half.length / 2)), median(half.slice(half.length / 2))];
  const growth = fourth / third - 1;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(`${clients} clients, ${seconds} s, ${perRequest} documents a request, ${values.model}`);
  console.log(
    `answered     ${sorted.length} (${(sorted.length / seconds).toFixed(1)}/s, ${((sorted.length * perRequest) / seconds).toFixed(0)} documents/s)`,
  );
  console.log(`hung up      ${hungUp}`);
  console.log(`errors       ${[...errors].map(([name, count]) => `${count} x ${name}`).join(', ') || 'none'}`);
  console.log(`latency      p50 ${percentile(0.5)} ms, p95 ${percentile(0.95)} ms, p99 ${percentile(0.99)} ms`);
  console.log(
    `memory       ${megabytes(third)} in the third quarter, ${megabytes(fourth)} in the fourth (${(100 * growth).toFixed(1)}%)`,
  );
  console.log(`left behind  ${left} documents; ended with ${code}`);
  if (errors.size > 0 || growth > MOST_GROWTH || left !== 0 || code !== 0) process.exitCode = 1;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
