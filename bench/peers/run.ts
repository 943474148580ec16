import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describeMachine, machineLines } from '../machine.ts';
import { openModel } from '../model.ts';
import { PEERS, RESULTS, ROOT } from '../paths.ts';
import { drawChart } from './chart.ts';
import { check } from './check.ts';
import { contenders } from './contenders.ts';
import type { PeerReport } from './figures.ts';
import { installPeers } from './install.ts';
import { HELP, type PeerOptions, readPeerOptions } from './options.ts';
import { prepare } from './prepare.ts';
import { race } from './race.ts';
import { openSource } from './source.ts';
import { markdown } from './table.ts';

try {
  const options = readPeerOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else if (options.draw !== undefined) await redraw(options.draw, options.svg);
  else await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(options: PeerOptions): Promise<void> {
  await installPeers();
  if (options.prepare !== undefined) return prepare(options.prepare);

  const machine = await describeMachine();
  console.log(`${machineLines(machine)}\n`);
  const { name, path = join(ROOT, 'models', 'default') } = await openModel(options.model);
  const source = await openSource(path);
  const { task, only, dtypes, threads, sample } = options;
  const all = contenders(task, dtypes).filter(({ id }) => only.length === 0 || only.some((part) => id.includes(part)));
  if (all.length === 0) throw new Error(`--only ${only.join(', ')}: no contender has this in its name`);
  if (options.check) return check(all, source, options);

  const date = new Date().toISOString();
  const { loads, rows } = await race(all, source, options);
  const peers = await peerVersions();
  const report: PeerReport = { date, machine, model: modelName(name), threads, peers, sample, loads, rows };
  console.log(`\n${markdown(report)}\n`);
  for (const [workload, documents] of Object.entries(sample))
    console.log(`A sample: ${workload} had ${documents} documents.`);

  const json = options.json ?? join(RESULTS, `peers-${task}-${date.replaceAll(/[:.]/g, '-')}.json`);
  await write(json, `${JSON.stringify(report, null, 2)}\n`);
  await write(options.svg ?? json.replace(/(\.json)?$/, '.svg'), drawChart(report));
}

async function redraw(json: string, svg = json.replace(/(\.json)?$/, '.svg')): Promise<void> {
  const report: PeerReport = JSON.parse(await readFile(json, 'utf8'));
  console.log(markdown(report));
  await write(svg, drawChart(report));
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  console.log(`Written: ${relative(process.cwd(), file)}`);
}

function modelName(name: string): string {
  return name === '0.6b' ? 'random weights in the shape of Qwen3-Reranker-0.6B' : `${name} model`;
}

async function peerVersions(): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(PEERS, 'package.json'), 'utf8')).dependencies;
}
