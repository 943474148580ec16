// Compares Reranker.connect in front of a real vLLM with the engine of this process, on the texts of test/golden: with a
// chat template and without, with whole prompts and with halves. `--install` puts a CPU build into .cache/vllm first.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Reranker } from '../../dist/index.js';
import { findVllm, installVllm } from './find-vllm.mjs';
import { serveVllm } from './serve-vllm.mjs';

const TOLERANCE = 2e-2;
const MAX_LENGTH = 2048;
const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rerankit-vllm-'));

/** Groups of texts that fit vLLM on a CPU in a minute or two; `forgery` holds control strings, `truncation` long documents. */
const GROUPS = ['scripts', 'cross-script', 'edges', 'code', 'instructions', 'many-queries', 'documents-33'];
const HARD = ['forgery', 'truncation', 'long-4k'];

// Line ends at a template's end are lost when it is read or changed: these are written out.
const TEMPLATE = `<|im_start|>system
Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
<|im_start|>user
<Instruct>: {{ instruction | default("Given a web search query, retrieve relevant passages that answer the query") }}
<Query>: {{ messages | selectattr("role", "eq", "query") | map(attribute="content") | first }}
<Document>: {{ messages | selectattr("role", "eq", "document") | map(attribute="content") | first }}<|im_end|>
<|im_start|>assistant
<think>

</think>{{ "\\n\\n" }}`;
const OTHER_TEMPLATE = `{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}`;

const texts = JSON.parse(readFileSync(path('test/golden/texts.json'), 'utf8'));
const pairsOf = (groups) =>
  groups.flatMap((group) =>
    texts[group].flatMap(({ query, documents, instruction }) =>
      documents.map((document) => ({ query, document, ...(instruction ? { instruction } : {}) })),
    ),
  );

/** Hides endpoints, as a gateway does that does not pass them. */
const without =
  (...paths) =>
  (url, init) =>
    paths.includes(new URL(url).pathname) ? Promise.resolve(new Response('{}', { status: 404 })) : fetch(url, init);

/** Where prompts go in pieces, control strings in texts are broken, which changes their scores: see docs/remote.md. */
const plain = ({ query, document, instruction = '' }) => !/<\|\w+\|>|<\/?think>/.test(instruction + query + document);

async function compare(name, local, url, groups, prompt, options = {}) {
  const remote = await Reranker.connect(url, { protocol: 'vllm', ...options });
  assert.equal(remote.info.remote.prompt, prompt);
  const pairs = pairsOf(groups).filter((pair) => options.fetch === undefined || plain(pair));
  const [own, theirs] = [await local.score(pairs), await remote.score(pairs)];
  let worst = 0;
  for (const [at, { score, truncated }] of own.scores.entries()) {
    const off = Math.abs(score - theirs.scores[at].score);
    worst = Math.max(worst, off);
    const what = `${name}: pair ${at}, ${JSON.stringify(pairs[at].document.slice(0, 60))}`;
    assert.ok(off <= TOLERANCE, `${what} scores ${theirs.scores[at].score} where ${score} is right`);
    assert.equal(theirs.scores[at].truncated, truncated, what);
  }
  await remote.dispose();
  console.log(`${name}: ${pairs.length} pairs, largest difference ${worst.toExponential(1)}`);
}

async function checkModel(command, model) {
  const local = await Reranker.load(model, { dtype: 'fp32', device: 'cpu', maxLength: MAX_LENGTH });
  const halves = { fetch: without('/classify') };
  const plain = await serveVllm(command, model, { maxModelLen: MAX_LENGTH });
  try {
    await compare('whole prompts', local, plain.url, [...GROUPS, ...HARD], 'client');
    await compare('halves', local, plain.url, GROUPS, 'client', halves);
    await compare('halves, no tokenizer', local, plain.url, ['scripts'], 'client', {
      fetch: without('/classify', '/tokenize'),
    });
  } finally {
    await plain.stop();
  }
  const templated = await serveVllm(command, model, { maxModelLen: MAX_LENGTH, template: write('qwen3', TEMPLATE) });
  try {
    await compare('whole prompts past a template', local, templated.url, [...GROUPS, ...HARD], 'client');
    await compare("the server's template", local, templated.url, GROUPS, 'server', halves);
  } finally {
    await templated.stop();
    await local.dispose();
  }
}

async function checkMismatch(command, model) {
  const other = await serveVllm(command, model, { maxModelLen: MAX_LENGTH, template: write('other', OTHER_TEMPLATE) });
  try {
    await assert.rejects(Reranker.connect(other.url, { protocol: 'vllm' }), /puts a template of \d+ tokens/);
    console.log('another template: refused');
  } finally {
    await other.stop();
  }
}

function write(name, template) {
  const file = join(folder, `${name}.jinja`);
  writeFileSync(file, template);
  return file;
}

/** The random checkpoint of test/golden, unpacked. */
function randomCheckpoint() {
  const from = path('test/golden/random-untied-bf16');
  writeFileSync(join(folder, 'model.safetensors'), gunzipSync(readFileSync(join(from, 'model.safetensors.gz'))));
  copyFileSync(join(from, 'config.json'), join(folder, 'config.json'));
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(path(`test/golden/tiny-v0/${name}`), join(folder, name));
  }
  return folder;
}

if (process.argv.includes('--install')) installVllm();
const command = findVllm();
if (command === undefined) {
  console.log(
    'Skipped: there is no vLLM here. `npm run test:vllm -- --install` puts a CPU build into .cache/vllm (x86-64 with AVX2 or ' +
      'arm64, Linux, Python 3.11 or later), and RERANKIT_VLLM names one that is elsewhere.',
  );
} else {
  try {
    for (const model of [path('test/golden/tiny-v0'), randomCheckpoint()]) await checkModel(command, model);
    await checkMismatch(command, path('test/golden/tiny-v0'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
