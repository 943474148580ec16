import { open } from 'node:fs/promises';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { RerankitError } from '../../errors.ts';
import type { MicroBatch } from '../engine.ts';
import { type Device, NUMBERED_DEVICES } from '../onnx/device.ts';
import { sessionOptions } from '../onnx/session-options.ts';
import { fromRunRequest } from '../onnx/wire.ts';
import { type Batching, divideIntoRuns } from './batching.ts';
import { chooseBatching } from './choose-batching.ts';
import { feedsOf, lengthOf, type WholeRow } from './feeds.ts';
import { type GraphInput, readInputs } from './graph-inputs.ts';
import { chooseOutput } from './graph-output.ts';
import { loadError } from './load-error.ts';
import type { ExportLoadRequest } from './protocol.ts';
import { type Layout, layoutOf, readLogits } from './read-logits.ts';

/** Most bytes of logits that a run may give, where an export gives those of the whole vocabulary at every position. */
const MAX_LOGITS_BYTES = 512 * 2 ** 20;

/** A session of an ONNX export. Lives in the engine's worker: its calls block their thread. */
export class ExportSession {
  readonly #session: InferenceSession;
  readonly #request: ExportLoadRequest;
  readonly #inputs: readonly GraphInput[];
  readonly #output: string;
  #layout: Layout | undefined;
  #batching: Batching = 'alone';

  private constructor(session: InferenceSession, request: ExportLoadRequest) {
    this.#session = session;
    this.#request = request;
    this.#inputs = readInputs(session.inputMetadata, request);
    this.#output = chooseOutput(session.outputMetadata);
  }

  /**
   * Loads an export and tries it out.
   * Rejects with `MODEL_INVALID` for damaged files, `MODEL_UNSUPPORTED` for graphs that nobody knows how to run.
   */
  static async create(request: ExportLoadRequest, device: Device): Promise<ExportSession> {
    const { path, threads, deviceId } = request;
    await refusePointer(path);
    let native: InferenceSession | undefined;
    try {
      native = await InferenceSession.create(path, {
        ...sessionOptions(threads),
        executionProviders: providersOf(device, deviceId),
      });
      const session = new ExportSession(native, request);
      await session.#tryOut(device);
      return session;
    } catch (error) {
      await native?.release();
      throw loadError(path, device, error);
    }
  }

  /** How rows share runs. */
  get batching(): Batching {
    return this.#batching;
  }

  async run({ prefixes, rows }: MicroBatch): Promise<Float32Array> {
    const whole = rows.map(
      ({ prefix, tokens }): WholeRow => ({ prefix: prefixes[prefix] ?? new Int32Array(0), tokens }),
    );
    const logits = new Float32Array(rows.length);
    for (const run of divideIntoRuns(whole.map(lengthOf), this.#batching, this.#area())) {
      const part = await this.#runTogether(
        run.flatMap((row) => whole[row] ?? []),
        this.#batching === 'left' ? 'left' : 'right',
      );
      for (const [at, row] of run.entries()) logits[row] = part[at] ?? Number.NaN;
    }
    return logits;
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  async #tryOut(device: Device): Promise<void> {
    const { prefixes, rows } = fromRunRequest(this.#request.samples);
    const samples = rows.map(
      ({ prefix, tokens }): WholeRow => ({ prefix: prefixes[prefix] ?? new Int32Array(0), tokens }),
    );
    const [first] = samples;
    if (first === undefined) throw new Error('There are no samples.');
    await this.#runTogether([first], 'right');
    const lastOnly = this.#layout?.kind === 'vocabulary' && this.#layout.positions === 'last';
    this.#batching = await chooseBatching(samples, {
      run: (rows, padding) => this.#runTogether(rows, padding),
      // Where only the last position has logits, it must be the same one for all rows.
      candidates: lastOnly ? ['left', 'equal'] : ['right', 'left', 'equal'],
      exact: device === 'cpu',
    });
  }

  /** Rows of one run, padded to the longest of them. */
  async #runTogether(rows: readonly WholeRow[], padding: 'left' | 'right'): Promise<Float32Array> {
    const lengths = rows.map(lengthOf);
    const width = Math.max(...lengths);
    const feeds = feedsOf(this.#inputs, { rows, width, padding }, this.#request);
    const outputs = await this.#session.run(feeds, [this.#output]);
    const output: Tensor | undefined = outputs[this.#output];
    if (output === undefined) throw new Error(`The session gave no output named ${this.#output}.`);
    try {
      this.#layout ??= layoutOf(output.dims, width, this.#request.answers);
      const last = lengths.map((length) => (padding === 'left' ? width : length) - 1);
      return readLogits(output, this.#layout, this.#request, { width, last });
    } finally {
      output.dispose();
    }
  }

  #area(): number {
    const { tokenBudget } = this.#request;
    if (this.#layout?.kind !== 'vocabulary' || this.#layout.positions === 'last') return tokenBudget;
    return Math.min(tokenBudget, Math.floor(MAX_LOGITS_BYTES / (this.#layout.size * Float32Array.BYTES_PER_ELEMENT)));
  }
}

function providersOf(device: Device, deviceId: number): InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cpu') return ['cpu'];
  return [NUMBERED_DEVICES.includes(device) ? { name: device, deviceId } : device, 'cpu'];
}

/** A repository cloned without its large files has such texts in their place. */
async function refusePointer(path: string): Promise<void> {
  await using file = await open(path, 'r');
  const start = Buffer.alloc(48);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  if (bytesRead > 0 && !start.toString('latin1').startsWith('version https://git-lfs')) return;
  const what = bytesRead === 0 ? 'is empty' : 'is a Git LFS pointer, not the file itself: run `git lfs pull`';
  throw new RerankitError('MODEL_INVALID', `${path} ${what}.`);
}
