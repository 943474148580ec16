import { execFile } from 'node:child_process';
import type { Device } from '../../engine/onnx/device.ts';
import { isJsonObject } from '../../model/json-file.ts';
import { Reranker } from '../../reranker.ts';
import { withoutHome } from './environment.ts';
import type { DeviceReport } from './report.ts';

const QUERY = 'how to undo the last git commit';
const DOCUMENTS = ['To bake bread, preheat the oven.', 'git reset --soft HEAD~1 undoes the last commit.'];
const TIMEOUT_MS = 60_000;

/** Loads the model that comes with the package on a device, in this process, and ranks with it. */
export async function probe(device: Device): Promise<DeviceReport> {
  try {
    const start = performance.now();
    const reranker = await Reranker.load(undefined, { device });
    const loadMs = performance.now() - start;
    const { results } = await reranker.rerank(QUERY, DOCUMENTS);
    await reranker.dispose();
    if (results[0]?.index !== 1)
      return { device, available: false, reason: 'It ranks wrongly: its sums are not right.' };
    if (device !== 'cpu') return { device, available: true, loadMs };
    const { exactInt8Bits } = await import('../../engine/onnx/int8-bits.ts');
    return { device, available: true, loadMs, exactInt8Bits: (await exactInt8Bits()) ?? null };
  } catch (error) {
    return { device, available: false, reason: withoutHome(error instanceof Error ? error.message : String(error)) };
  }
}

/** The same in a process of its own, since a broken driver may end it. `command` is the path of this command. */
export function probeApart(device: Device, command: string, signal: AbortSignal): Promise<DeviceReport> {
  return new Promise((resolve, reject) => {
    const args = [command, 'doctor', '--probe', device];
    execFile(process.execPath, args, { signal, timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout) => {
      if (signal.aborted) return reject(signal.reason);
      const report = parse(stdout);
      if (report !== undefined) return resolve(report);
      const how = error?.killed === true ? `did not answer in ${TIMEOUT_MS / 1e3} s` : `ended (${ending(error)})`;
      resolve({ device, available: false, reason: `The process that tried it ${how}.` });
    });
  });
}

function parse(stdout: string): DeviceReport | undefined {
  try {
    const json: unknown = JSON.parse(stdout);
    // Written by this command itself.
    return isJsonObject(json) && 'available' in json ? (json as unknown as DeviceReport) : undefined;
  } catch {
    return undefined;
  }
}

function ending(error: { readonly signal?: string | null | undefined; readonly code?: unknown } | null): string {
  return error?.signal ?? `exit code ${String(error?.code ?? 0)}`;
}
