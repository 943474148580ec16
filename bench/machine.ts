import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './paths.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  /** The instruction sets that decide how fast small integers are multiplied; empty where the system does not tell. */
  readonly instructions: readonly string[];
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
    instructions: await instructionSets(),
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

/** For people. */
export function machineLines(machine: Machine): string {
  const { cpu, instructions, cores, memoryBytes, platform, node, onnxruntime, rerankit, loadAverage } = machine;
  return [
    `${cpu}, ${cores} cores, ${(memoryBytes / 1e9).toFixed(2)} GB, ${platform}; ${instructions.join(' ') || 'instruction sets unknown'}`,
    `Node ${node}, onnxruntime-node ${onnxruntime}, rerankit ${rerankit}`,
    `load average at the start: ${loadAverage.toFixed(2)}`,
  ].join('\n');
}

const INSTRUCTION_SETS = /^(avx2|avx512f|avx_vnni|avx512_vnni|avx512_bf16|amx_int8|amx_bf16|asimddp|i8mm)$/;

/** Only Linux has it in a file. */
async function instructionSets(): Promise<string[]> {
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(info)?.[1] ?? '';
  return flags.split(' ').filter((flag) => INSTRUCTION_SETS.test(flag));
}
