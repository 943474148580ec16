import { bytes, count, duration } from '../terminal/amounts.ts';
import { columns } from '../terminal/columns.ts';
import type { Style } from '../terminal/style.ts';
import { oneLine } from '../terminal/visible.ts';
import type { CacheReport, DeviceReport, DoctorReport } from './report.ts';

/** A report as text to be read, and pasted. */
export function reportText(report: DoctorReport, style: Pick<Style, 'bold' | 'green' | 'red'>): string {
  const { versions, system, cpu, memory, devices, caches, environment } = report;
  const limit = memory.limitBytes === undefined ? '' : `, limited to ${bytes(memory.limitBytes)}`;
  const threads = `${count(cpu.threads, 'thread')}, ${cpu.usableThreads} for this process`;
  const libc = system.libc === undefined ? '' : `, ${system.libc}`;
  const variables = Object.entries(environment);
  const sections: [string, string[][]][] = [
    ['Versions', Object.entries(versions)],
    [
      'Machine',
      [
        ['system', `${system.platform} ${system.release} ${system.arch}${libc}`],
        ['processor', `${cpu.model} (${threads})`],
        ['instructions', cpu.features?.join(' ') ?? 'unknown on this system'],
        ['memory', `${bytes(memory.totalBytes)}, ${bytes(memory.freeBytes)} free${limit}`],
      ],
    ],
    ['Devices', devices.map((device) => [device.device, deviceText(device, style)])],
    ['Caches', caches.map((cache) => [cache.name, cacheText(cache, style)])],
    ['Environment', variables.length === 0 ? [['nothing that matters is set', '']] : variables],
  ];
  return sections
    .map(([title, rows]) => {
      const safe = rows.map(([name = '', text = '']) => [`  ${oneLine(name)}`, text]);
      return `${style.bold(title)}\n${columns(safe)}`;
    })
    .join('\n');
}

function deviceText(
  { available, reason = '', loadMs, exactInt8Bits }: DeviceReport,
  { green, red }: Pick<Style, 'green' | 'red'>,
): string {
  if (!available) return `${red('no')}   ${oneLine(reason)}`;
  const loaded = loadMs === undefined ? '' : `the built-in model loads in ${duration(loadMs)} and ranks rightly`;
  const int8 =
    exactInt8Bits === undefined
      ? ''
      : exactInt8Bits === null
        ? '; 8-bit products are not exact here'
        : `; products of ${exactInt8Bits}-bit weights are exact`;
  return `${green('yes')}  ${loaded}${int8}`;
}

function cacheText(cache: CacheReport, { green, red }: Pick<Style, 'green' | 'red'>): string {
  const { problem, folder = '', exists, writable, models = 0, bytes: size = 0, freeBytes } = cache;
  if (problem !== undefined) return red(oneLine(problem));
  const room = freeBytes === undefined ? '' : `, ${bytes(freeBytes)} free`;
  const state = writable ? green('writable') : red('not writable');
  const content = exists ? `${count(models, 'model')}, ${bytes(size)}` : 'does not exist yet';
  return `${oneLine(folder)}  ${state}, ${content}${room}`;
}
