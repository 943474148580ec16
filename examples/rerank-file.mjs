// Reranks a large file of jobs, one in each line of JSON: { "id", "query", "documents": ["…"] }. The output has a line for
// each job, in the same order. Ended in the middle and started again, it goes on where it stopped.
//   node rerank-file.mjs jobs.jsonl ranked.jsonl [MODEL]
import { createReadStream, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Reranker, RerankitError } from 'rerankit';

/** Jobs under way at a time: enough that runs are full, few enough that a huge file stays on the disk. */
const AHEAD = 8;

const [input, output, model] = process.argv.length > 2 ? process.argv.slice(2) : exampleFiles();
console.log(`Ranking the jobs of ${input}.`);
const reranker = await Reranker.load(model);
const file = await open(output, 'a+');
const done = await finishedJobs();
if (done.count > 0) console.log(`${done.count} jobs were done before; going on after ${JSON.stringify(done.lastId)}.`);

const waiting = [];
let seen = 0;
let written = done.count;
let lastReport = performance.now();
for await (const line of createInterface({ input: createReadStream(input), crlfDelay: Infinity })) {
  if (line.trim() === '') continue;
  seen++;
  if (seen <= done.count) {
    // Another file than before would give an output of two halves that do not belong together.
    if (seen === done.count && readJob(line).id !== done.lastId) {
      throw new Error(`${output} does not belong to ${input}: its last job is ${JSON.stringify(done.lastId)}.`);
    }
    continue;
  }
  waiting.push(rank(readJob(line)));
  if (waiting.length === AHEAD) await write(await waiting.shift());
}
if (seen < done.count) throw new Error(`${output} does not belong to ${input}: it has more jobs.`);
for (const result of waiting) await write(await result);
await file.close();
await reranker.dispose();
console.log(`${written} jobs ranked into ${output}.`);

function readJob(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { id: null, query: null, documents: null };
  }
}

/** One bad job does not end the others. */
async function rank({ id, query, documents }) {
  try {
    const { results } = await reranker.rerank(query, documents);
    return { id, ranking: results.map(({ index, score }) => ({ index, score: Number(score.toFixed(4)) })) };
  } catch (error) {
    if (!RerankitError.isInstance(error, 'INVALID_INPUT') && !RerankitError.isInstance(error, 'PROMPT_TOO_LONG')) {
      throw error;
    }
    return { id, error: error.code };
  }
}

async function write(result) {
  await file.appendFile(`${JSON.stringify(result)}\n`);
  written++;
  if (performance.now() - lastReport < 1000) return;
  lastReport = performance.now();
  console.log(`${written} jobs …`);
}

/** The jobs that the output has, without a last line that was not written to its end. */
async function finishedJobs() {
  let count = 0;
  let bytes = 0;
  let last;
  const text = createReadStream(output, { encoding: 'utf8' });
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      count++;
      bytes += Buffer.byteLength(line) + 1;
      last = line;
    }
  }
  await file.truncate(bytes);
  return { count, lastId: last === undefined ? undefined : JSON.parse(last).id };
}

/** Something to try it with: questions about the examples' corpus. */
function exampleFiles() {
  const corpus = JSON.parse(readFileSync(new URL('./corpus.json', import.meta.url), 'utf8'));
  const documents = corpus.slice(0, 12).map(({ text }) => text);
  const jobs = corpus.slice(0, 6).map(({ id, title }) => JSON.stringify({ id, query: title, documents }));
  const folder = mkdtempSync(join(tmpdir(), 'rerank-file-'));
  writeFileSync(join(folder, 'jobs.jsonl'), jobs.join('\n'));
  return [join(folder, 'jobs.jsonl'), join(folder, 'ranked.jsonl')];
}
