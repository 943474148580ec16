import type { LogEntry, RequestLog } from '../../server/index.ts';
import { count, duration } from '../terminal/amounts.ts';
import type { Style } from '../terminal/style.ts';
import { jsonLine, oneLine } from '../terminal/visible.ts';

/** How the log is written. */
export const LOG_FORMATS = ['json', 'text', 'none'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** An entry for machines: one JSON object. */
export function jsonEntry(entry: LogEntry | ServerLog): string {
  return `${jsonLine(entry)}\n`;
}

/** What the command itself logs. */
export type ServerLog =
  | { readonly event: 'listening'; readonly time: string; readonly level: 'info'; readonly url: string }
  | { readonly event: 'warning'; readonly time: string; readonly level: 'warn'; readonly message: string };

/** An entry for people. */
export function textEntry(entry: LogEntry | ServerLog, style: Style): string {
  return `${style.dim(entry.time.slice(11, 19))}  ${entryText(entry, style)}\n`;
}

function entryText(entry: LogEntry | ServerLog, style: Style): string {
  if (entry.event === 'listening') return oneLine(`listening on ${entry.url}`);
  if (entry.event === 'warning') return oneLine(`warning: ${entry.message}`);
  if (entry.event === 'state')
    return entry.error === undefined ? entry.state : `${entry.state}: ${errorText(entry.error)}`;
  const { status, method, path = '(no such path)', protocol, milliseconds, documents, error } = entry;
  const parts = [
    status < 400 ? style.green(`${status}`) : style.red(`${status}`),
    oneLine(`${method} ${path}`),
    duration(milliseconds),
    documents === undefined ? '' : count(documents, 'document'),
    protocol ?? '',
    error === undefined ? '' : errorText(error),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function errorText({ name, code, message, stack }: NonNullable<RequestLog['error']>): string {
  return oneLine([code ?? name, message, stack?.[0]].filter((part) => part !== undefined).join(' '));
}
