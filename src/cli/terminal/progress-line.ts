import type { Output } from '../io.ts';
import { bar } from './bar.ts';
import { displayWidth, toWidth } from './display-width.ts';
import { oneLine } from './visible.ts';

const BAR_COLUMNS = 16;
/** Time between two drawings, in milliseconds. */
const INTERVAL_MS = 80;
const DEFAULT_COLUMNS = 80;

/** What a progress line shows. */
export interface Step {
  readonly label: string;
  /** From 0 to 1; without it there is no bar. */
  readonly part?: number | undefined;
  /** Numbers behind the bar. */
  readonly detail?: string;
}

/** A line on a terminal that says how far something is, and goes away when it is done. Draws nothing elsewhere. */
export class ProgressLine {
  readonly #output: Output;
  readonly #on: boolean;
  #drawn = false;
  #label = '';
  #next = 0;

  /** @param quiet draw nothing even on a terminal */
  constructor(output: Output, quiet = false) {
    this.#output = output;
    this.#on = output.isTTY === true && !quiet;
  }

  show({ label, part, detail = '' }: Step): void {
    if (!this.#on) return;
    const now = performance.now();
    const last = part !== undefined && part >= 1;
    if (label === this.#label && now < this.#next && !last) return;
    this.#label = label;
    this.#next = now + INTERVAL_MS;
    // One column less than there are: a full line would wrap on some terminals.
    const columns = Math.max(20, (this.#output.columns || DEFAULT_COLUMNS) - 1);
    this.#output.write(`\r\u001b[2K${lineOf({ label: oneLine(label), part, detail: oneLine(detail) }, columns)}`);
    this.#drawn = true;
  }

  /** Removes the line. Call it before anything else is written to the terminal. */
  clear(): void {
    if (this.#drawn) this.#output.write('\r\u001b[2K');
    this.#drawn = false;
    this.#label = '';
  }
}

/** Numbers come first: where there is little room, the bar goes, then the end of the label. */
function lineOf({ label, part, detail = '' }: Step, columns: number): string {
  if (part === undefined) return toWidth(`${label}  ${detail}`, columns).trimEnd();
  const numbers = `${String(Math.floor(100 * part)).padStart(3)}%  ${detail}`;
  const left = columns - displayWidth(numbers) - 2;
  const bars = left - BAR_COLUMNS - 2 >= displayWidth(label) ? `  ${bar(part, BAR_COLUMNS)}` : '';
  const room = Math.max(8, left - displayWidth(bars));
  return toWidth(`${toWidth(label, Math.min(room, displayWidth(label)))}${bars}  ${numbers}`, columns).trimEnd();
}
