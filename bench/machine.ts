import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  readonly rerankit: string;
  readonly onnxruntime: string;
  /** Over the last minute, at the start: near zero on a machine that does nothing else. */
  readonly loadAverage: number;
}

export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    rerankit: await versionIn(ROOT),
    onnxruntime: await versionIn(join(ROOT, 'node_modules', 'onnxruntime-node')),
    loadAverage: loadavg()[0] ?? 0,
  };
}

async function versionIn(folder: string): Promise<string> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version;
}
