import type { Environment } from '../../files/expand-path.ts';
import type { Output } from '../io.ts';

/** Styles text, or leaves it as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
}

/** Styles for an output: FORCE_COLOR and NO_COLOR decide, then whether it is a terminal that has them. */
export function styleFor(output: Output, env: Environment): Style {
  const on = hasColours(output, env);
  const style = (open: number, close: number) => (text: string) =>
    on && text !== '' ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39), red: style(31, 39) };
}

export function hasColours({ isTTY }: Output, env: Environment): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR']) return false;
  return isTTY === true && env['TERM'] !== 'dumb';
}
