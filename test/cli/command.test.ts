import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Embedder } from '../../dist/embedding.js';
import { Reranker } from '../../dist/index.js';
import { MARKERS } from '../embedding/markers.ts';
import { HubServer } from '../support/hub-server.ts';
import { CLI, command, jsonLines } from './command.ts';

const work = mkdtempSync(join(tmpdir(), 'rerankit-command-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
const windows = process.platform === 'win32';

const query = 'how to undo the last git commit';
const documents = [
  'To bake bread, preheat the oven.',
  '\u001b[31mgit reset --soft HEAD~1 undoes the last commit.\u001b[0m',
  'A cat sleeps for most of the day.',
];
const lines = join(work, 'lines.txt');
writeFileSync(lines, documents.join('\n'));

describe('rerankit rank', () => {
  it('gives JSON Lines in a pipe, with the scores of the library', async () => {
    const { code, stdout, stderr } = await command(['rank', query, lines]);
    expect([code, stderr]).toEqual([0, '']);
    const reranker = await Reranker.load();
    const { results } = await reranker.rerank(query, documents);
    await reranker.dispose();
    const found = jsonLines(stdout);
    expect(found.map(({ rank, line, source, text }) => ({ rank, line, source, text }))).toEqual(
      results.map(({ index, document }, at) => ({ rank: at + 1, line: index + 1, source: lines, text: document })),
    );
    for (const [at, { logit }] of found.entries()) expect(logit).toBeCloseTo(results[at]?.logit ?? Number.NaN, 3);
    expect(stdout).not.toContain('\u001b');
  });

  it('takes records from standard input, whole, and the best of them', async () => {
    const records = documents.map((body, id) => ({ id, article: { body } }));
    const stdin = records.map((record) => JSON.stringify(record)).join('\n');
    const args = ['rank', query, '--field', 'article.body', '--top', '1', '--min-score', '0.2', '--threads', '1'];
    const { code, stdout, stderr } = await command(args, { stdin });
    expect([code, stderr]).toEqual([0, '']);
    expect(jsonLines(stdout)).toEqual([
      expect.objectContaining({ rank: 1, source: 'stdin', line: 2, record: records[1] }),
    ]);
  });

  it('gives a table on request, without what a document would do to the terminal', async () => {
    const { code, stdout } = await command(['rank', query, lines, '--table'], { env: { FORCE_COLOR: undefined } });
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n')[0]).toMatch(/^1 {2}0\.\d{3} {2}[█░]{10} {2}\S*lines\.txt:2 {2}␛\[31mgit reset/);
    const coloured = await command(['rank', query, lines, '--table'], { env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain('\u001b[32m█');
    expect(coloured.stdout).not.toContain('\u001b[31m');
  });

  it.each([
    [['rank', query, 'no\u001b[31m-such-file'], 1, /^rerankit: ENOENT: .*␛\[31m-such-file'\n$/],
    [['rank', query, lines, '--topp', '3'], 2, /unknown option '--topp' \(Did you mean --top\?\)\n$/],
    [['rank', query, lines, '--top', 'x'], 2, /^rerankit: INVALID_OPTION: .*integer, at least 1\.\n$/],
    [['rank', query, lines, '--device', 'gpu'], 2, /^rerankit: INVALID_OPTION: .*Allowed choices/],
    [['rank', query, lines, '--overlap', '600'], 2, /less than half/],
    [['rank', query, lines, '--json', '--table'], 2, /exclude each other/],
    [['rank', query, lines, '--model', join(work, 'none')], 1, /^rerankit: MODEL_NOT_FOUND: /],
    [['rank', query, lines, '--dtype', 'bf16', '--device', 'cpu'], 2, /^rerankit: INVALID_OPTION: /],
    [['rank'], 2, /missing required argument 'query'/],
    [['rnak', query], 2, /unknown command 'rnak' \(Did you mean rank\?\)/],
    [[], 2, /^Usage: rerankit/],
  ])('%j ends with %i and one line', async (args, expected, message) => {
    const { code, stdout, stderr } = await command(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(message);
    if (args.length > 0) expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('shows the stack if DEBUG is set', async () => {
    const { stderr } = await command(['rank', query, 'nowhere'], { env: { DEBUG: '1' } });
    expect(stderr).toMatch(/\n\s+at /);
  });

  it('says that there are no documents, which is no failure', async () => {
    const { code, stdout, stderr } = await command(['rank', query], { stdin: '\n  \n' });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^rerankit: no documents/);
  });

  it('is quiet when its reader has had enough', async () => {
    const many = join(work, 'many.txt');
    // More than a pipe holds, so that it must notice.
    writeFileSync(many, Array.from({ length: 40 }, (_, index) => `${index} ${'x'.repeat(20_000)}`).join('\n'));
    const child = spawn(process.execPath, [CLI, 'rank', query, many, '--max-length', '128'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe.skipIf(windows)('Ctrl-C', () => {
  const many = join(work, 'work.txt');
  writeFileSync(many, `${'A line of some words that takes a while to be read and ranked. '.repeat(8)}\n`.repeat(3_000));

  it.each([100, 250, 400, 700, 1_200, 2_500])('after %i ms ends it cleanly', async (ms) => {
    const onStart = async (child: ReturnType<typeof spawn>) => {
      await delay(ms);
      child.kill('SIGINT');
    };
    const { code, signal, stdout, stderr } = await command(['rank', query, many], { onStart });
    // Before Node has run a line of ours the system ends it, which shells call 130 too.
    expect(signal === 'SIGINT' ? 130 : code).toBe(130);
    expect([stdout, stderr]).toEqual(['', '']);
  });

  it('is not waited for twice', async () => {
    const onStart = async (child: ReturnType<typeof spawn>) => {
      await delay(1_500);
      child.kill('SIGINT');
      child.kill('SIGINT');
    };
    const { code, signal } = await command(['rank', query, many], { onStart });
    expect(signal === 'SIGINT' ? 130 : code).toBe(130);
  });

  it('leaves nothing of a model that was being compiled', async () => {
    const target = join(work, 'unfinished');
    const onStart = async (child: ReturnType<typeof spawn>) => {
      while (!readdirSync(work).some((name) => name.startsWith('unfinished.'))) {
        if (child.exitCode !== null) return;
        await delay(2);
      }
      child.kill('SIGINT');
    };
    const { code } = await command(['compile', 'embedded', target], { onStart });
    const left = readdirSync(work).filter((name) => name.startsWith('unfinished'));
    // It may have been done before the signal came.
    expect(code === 0 ? left : [code, left]).toEqual(code === 0 ? ['unfinished'] : [130, []]);
  });
});

describe('rerankit compile and pull', () => {
  it('writes a model that ranks, and prints where', async () => {
    const target = join(work, 'int8');
    const { code, stdout, stderr } = await command(['compile', 'embedded', target]);
    expect([code, stdout, stderr]).toEqual([0, `${target}\n`, '']);
    const ranked = await command(['rank', query, lines, '--model', target, '--top', '1']);
    expect(jsonLines(ranked.stdout)[0]?.['line']).toBe(2);
    const again = await command(['compile', 'embedded', target]);
    expect([again.code, again.stderr.startsWith('rerankit: INVALID_OPTION: ')]).toEqual([2, true]);
  });

  it('downloads a model, and prints the directory that loads', async () => {
    const hub = await HubServer.start();
    const model = fileURLToPath(new URL('../../models/default/', import.meta.url));
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
      hub.add(name, readFileSync(join(model, name)));
    }
    const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(work, 'hub'), HF_TOKEN: '', HF_HUB_OFFLINE: '' };
    const pulled = await command(['pull', hub.repository], { env });
    const missing = await command(['pull', 'owner/nothing'], { env });
    await hub.stop();
    expect([pulled.code, pulled.stderr]).toEqual([0, '']);
    const folder = pulled.stdout.trim();
    expect(readdirSync(folder)).toContain('model.safetensors');
    const ranked = await command(['rank', query, lines, '--model', folder, '--top', '1']);
    expect(jsonLines(ranked.stdout)[0]?.['line']).toBe(2);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^rerankit: (MODEL_NOT_FOUND|DOWNLOAD_UNAUTHORIZED): .*\n$/);
    expect((await command(['pull', folder], { env })).code).toBe(2);
  });

  it('downloads an embedding model, too', async () => {
    const hub = await HubServer.start();
    const model = fileURLToPath(new URL('../../models/default/', import.meta.url));
    for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
      hub.add(name, readFileSync(join(model, name)));
    }
    for (const [name, content] of Object.entries(MARKERS)) hub.add(name, Buffer.from(JSON.stringify(content)));
    const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(work, 'embedders'), HF_TOKEN: '', HF_HUB_OFFLINE: '' };
    const pulled = await command(['pull', hub.repository], { env });
    await hub.stop();
    expect([pulled.code, pulled.stderr]).toEqual([0, '']);
    await using embedder = await Embedder.load(pulled.stdout.trim(), { device: 'cpu' });
    expect(embedder.info.maxDimensions).toBe(384);
  });
});

describe('rerankit bench and doctor', () => {
  it('measures', async () => {
    const { code, stdout } = await command(['bench', '--seconds', '1', '--json']);
    expect(code).toBe(0);
    const { workloads, loadMs, peakMemoryBytes, device } = JSON.parse(stdout);
    expect(device).toBe('cpu');
    expect(loadMs).toBeGreaterThan(0);
    expect(peakMemoryBytes).toBeGreaterThan(50e6);
    expect(workloads).toHaveLength(3);
    for (const { documents: number, medianMs, documentsPerSecond } of workloads) {
      expect(documentsPerSecond).toBeCloseTo((1000 * number) / medianMs, 6);
    }
  }, 120_000);

  it('reports on the machine, without secrets', async () => {
    const env = {
      HF_TOKEN: 'hf_secretsecret',
      RERANKIT_API_KEYS: 'key-secret',
      HTTPS_PROXY: 'http://user:pass-secret@proxy',
      HF_ENDPOINT: 'https://hub.example/?key=secret',
      HF_HUB_CACHE: join(work, 'doctor-cache'),
    };
    const { code, stdout, stderr } = await command(['doctor', '--json'], { env });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('secret');
    const report = JSON.parse(stdout);
    expect(report.versions.node).toBe(process.versions.node);
    expect(report.versions['onnxruntime-node']).toMatch(/^\d+\./);
    expect(report.devices.map(({ device }: { device: string }) => device)).toEqual([
      'cpu',
      'cuda',
      'webgpu',
      'coreml',
      'dml',
    ]);
    expect(report.devices[0]).toMatchObject({ available: true });
    for (const { available, reason } of report.devices) expect(available || reason.length > 20).toBe(true);
    expect(report.environment).toMatchObject({ HF_TOKEN: 'set', RERANKIT_API_KEYS: 'set', HTTPS_PROXY: 'set' });
    expect(report.caches[1]).toMatchObject({ name: 'compiled models', writable: true });
  }, 120_000);
});

describe('help', () => {
  it.each(['rank', 'pull', 'compile', 'bench', 'doctor'])('%s has its own', async (name) => {
    const { code, stdout, stderr } = await command([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Usage: rerankit ${name} `));
  });

  it('knows its version, and runs by its name', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await command(['--version'])).stdout).toBe(`${version}\n`);
    if (windows) return;
    const { stdout } = await promisify(execFile)('sh', ['-c', `"${process.execPath}" "${CLI}" -V`]);
    expect(stdout).toBe(`${version}\n`);
  });
});
