import type { Output } from '../io.ts';
import { bar } from './bar.ts';
import { toWidth } from './display-width.ts';
import { oneLine } from './visible.ts';

const BAR_COLUMNS = 24;
/** Time between two drawings, in milliseconds. */
const INTERVAL_MS = 80;
const DEFAULT_COLUMNS = 80;

/** What a progress line shows. */
export interface Step {
  readonly label: string;
  /** From 0 to 1; without it there is no bar. */
  readonly part?: number;
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
    const percent = part === undefined ? '' : `  ${bar(part, BAR_COLUMNS)} ${Math.floor(100 * part)}%`;
    // One column less than there are: a full line would wrap on some terminals.
    const columns = Math.max(20, (this.#output.columns || DEFAULT_COLUMNS) - 1);
    const line = toWidth(oneLine(`${label}${percent}  ${detail}`), columns).trimEnd();
    this.#output.write(`\r\u001b[2K${line}`);
    this.#drawn = true;
  }

  /** Removes the line. Call it before anything else is written to the terminal. */
  clear(): void {
    if (this.#drawn) this.#output.write('\r\u001b[2K');
    this.#drawn = false;
    this.#label = '';
  }
}
