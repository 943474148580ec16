import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { CpuReport, MemoryReport, SystemReport } from './report.ts';

/** Instructions that ONNX Runtime's kernels have variants for. */
const FEATURES: readonly string[] = [
  ...['sse4_1', 'avx', 'avx2', 'fma', 'f16c', 'avx_vnni', 'avx512f', 'avx512bw', 'avx512vl', 'avx512_vnni'],
  ...['avx512_bf16', 'avx512_fp16', 'amx_tile', 'amx_int8', 'amx_bf16'],
  ...['asimd', 'asimddp', 'i8mm', 'bf16', 'sve', 'sve2', 'sme'],
];

export function systemReport(): SystemReport {
  return { platform: process.platform, release: release(), arch: process.arch, libc: libcVersion() };
}

export async function cpuReport(): Promise<CpuReport> {
  const all = cpus();
  return {
    model: all[0]?.model.trim() || 'unknown',
    threads: all.length,
    usableThreads: availableParallelism(),
    features: await cpuFeatures().catch(() => undefined),
  };
}

export function memoryReport(): MemoryReport {
  const total = totalmem();
  // 0 where there is no limit that is known, and more than there is where a group has none.
  const limit = process.constrainedMemory();
  return { totalBytes: total, freeBytes: freemem(), limitBytes: limit > 0 && limit < total ? limit : undefined };
}

function libcVersion(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const report: unknown = process.report.getReport();
  const version = (report as { header?: { glibcVersionRuntime?: unknown } }).header?.glibcVersionRuntime;
  return typeof version === 'string' ? `glibc ${version}` : 'musl';
}

async function cpuFeatures(): Promise<string[] | undefined> {
  if (process.platform === 'linux') {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'));
    return line === null ? undefined : known((line[1] ?? '').split(/\s+/));
  }
  if (process.platform !== 'darwin') return undefined;
  const { stdout } = await promisify(execFile)('sysctl', ['-a']);
  const arm = [...stdout.matchAll(/^hw\.optional\.arm\.FEAT_(\w+): 1$/gm)].map(([, name = '']) => name.toLowerCase());
  const intel = [...stdout.matchAll(/^machdep\.cpu\.(?:leaf7_)?features: (.*)$/gm)].flatMap(([, names = '']) =>
    names.toLowerCase().replaceAll('1.0', '').split(' '),
  );
  return known([...arm.map((name) => (name === 'dotprod' ? 'asimddp' : name)), ...intel]);
}

function known(names: readonly string[]): string[] {
  return FEATURES.filter((name) => names.includes(name));
}
