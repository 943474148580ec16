import type { LoadProgress, OnLoadProgress } from '../../model/progress.ts';
import { bytes, duration } from './amounts.ts';
import type { ProgressLine, Step } from './progress-line.ts';

/** Shows on a line how loading, downloading or compiling a model goes. */
export function loadProgress(line: ProgressLine, now = () => performance.now()): OnLoadProgress {
  let phase = '';
  let rate = new Rate(0, 0);
  return (progress) => {
    if (phase !== progress.phase) {
      phase = progress.phase;
      rate = new Rate(now(), 'loadedBytes' in progress ? progress.loadedBytes : 0);
    }
    line.show(stepOf(progress, (done, total) => rate.describe(now(), done, total)));
  };
}

function stepOf(progress: LoadProgress, speed: (done: number, total: number) => string): Step {
  if (progress.phase !== 'download' && progress.phase !== 'compile') {
    return { label: progress.phase === 'tokenizer' ? 'Loading the tokenizer' : 'Loading the model' };
  }
  if (progress.phase === 'compile' && progress.waiting) {
    return { label: 'Waiting for another process that compiles the weights' };
  }
  const { loadedBytes, totalBytes } = progress;
  return {
    label: progress.phase === 'download' ? `Downloading ${progress.file}` : 'Compiling weights',
    part: totalBytes > 0 ? loadedBytes / totalBytes : 0,
    detail: `${bytes(loadedBytes)} of ${bytes(totalBytes)}${speed(loadedBytes, totalBytes)}`,
  };
}

/** Speed since a phase began, and what it means for the rest. */
class Rate {
  readonly #since: number;
  readonly #before: number;

  constructor(since: number, before: number) {
    this.#since = since;
    this.#before = before;
  }

  describe(now: number, done: number, total: number): string {
    const elapsed = now - this.#since;
    const arrived = done - this.#before;
    if (elapsed < 1_000 || arrived <= 0) return '';
    const left = ((total - done) * elapsed) / arrived;
    return `  ${bytes((1_000 * arrived) / elapsed)}/s  ${left < 60_000 ? `${Math.ceil(left / 1_000)} s` : duration(left)} left`;
  }
}
