import { type Command, Option } from 'commander';
import { DEVICES, type Device } from '../../engine/onnx/device.ts';
import { cacheReports } from '../doctor/caches.ts';
import { environmentReport } from '../doctor/environment.ts';
import { probe, probeApart } from '../doctor/probe.ts';
import type { DeviceReport, DoctorReport } from '../doctor/report.ts';
import { reportText } from '../doctor/report-text.ts';
import { cpuReport, memoryReport, systemReport } from '../doctor/system.ts';
import { versions } from '../doctor/versions.ts';
import { type Io, writeOut } from '../io.ts';
import { ProgressLine } from '../terminal/progress-line.ts';
import { styleFor } from '../terminal/style.ts';
import { jsonLine } from '../terminal/visible.ts';

interface DoctorFlags {
  readonly json?: boolean;
  readonly probe?: Device;
}

export function addDoctor(program: Command, io: Io): void {
  program
    .command('doctor')
    .summary('report on this machine, for bug reports')
    .description(
      'Reports versions, machine, devices (each is tried), caches and environment. Tokens, keys and the name of the ' +
        'home folder are left out, so that the report can be published.',
    )
    .option('--json', 'one JSON object')
    // What the command calls itself with.
    .addOption(new Option('--probe <device>').choices([...DEVICES]).hideHelp())
    .action((flags: DoctorFlags) => doctor(flags, io));
}

async function doctor(flags: DoctorFlags, io: Io): Promise<void> {
  if (flags.probe !== undefined) return writeOut(io.stdout, `${jsonLine(await probe(flags.probe))}\n`);
  const progress = new ProgressLine(io.stderr);
  try {
    const devices: DeviceReport[] = [];
    for (const device of DEVICES) {
      progress.show({ label: `Trying ${device}` });
      devices.push(await probeApart(device, process.argv[1] ?? '', io.signal));
    }
    progress.show({ label: 'Looking at caches' });
    const report: DoctorReport = {
      versions: versions(),
      system: systemReport(),
      cpu: await cpuReport(),
      memory: memoryReport(),
      devices,
      caches: await cacheReports(io.env),
      environment: environmentReport(io.env),
    };
    progress.clear();
    await writeOut(io.stdout, flags.json ? `${jsonLine(report)}\n` : reportText(report, styleFor(io.stdout, io.env)));
  } finally {
    progress.clear();
  }
}
