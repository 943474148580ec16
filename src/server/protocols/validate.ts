import * as v from 'valibot';
import { isRecord } from '../../engine/remote/json.ts';
import { show } from '../../errors.ts';
import { invalid } from '../problem.ts';

/** The body, if it is what the schema says. Throws a 422 that names the first field that is not, its value and the fix. */
export function validate<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  // One issue is told: collecting millions would take long.
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  // Where one of several forms fits as far as its items, it is they that are wrong.
  const inner = issue.issues?.find(({ path }) => path !== undefined);
  const path = [...(issue.path ?? []), ...(inner?.path ?? [])].map(({ key }) => key);
  throw invalid(messageOf(inner ?? issue, { path, body, schema }));
}

/** The body without fields that are `null`: so some clients send what was left out. */
export function withoutNulls(body: unknown): unknown {
  if (!isRecord(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/**
 * Throws a 422 for a list that is too long, before its items are looked at: there may be millions, and the event loop would
 * wait for them.
 */
export function checkLists(body: unknown, most: number): void {
  if (!isRecord(body)) return;
  const long = Object.entries(body).find(
    ([name, value]) => Array.isArray(value) && value.length > most && name !== 'rank_fields',
  );
  if (long !== undefined) throw invalid(`${long[0]} has ${lengthOf(long[1])} items; at most ${most} are taken.`);
}

interface Place {
  readonly path: readonly unknown[];
  readonly body: unknown;
  readonly schema: v.GenericSchema;
}

function messageOf(issue: v.BaseIssue<unknown>, { path, body, schema }: Place): string {
  const where = nameOf(path);
  const { type, expected, requirement } = issue;
  const value = valueAt(body, path);
  if (type === 'strict_object' && expected === 'never') {
    const parent = nameOf(path.slice(0, -1));
    const fields =
      path.length === 1 ? `; the fields are ${Object.keys(entriesOf(schema)).join(', ')}` : ` in ${parent}`;
    return `There is no field ${show(path.at(-1))}${fields}.`;
  }
  if (type === 'max_length')
    return `${where} has ${lengthOf(value)} ${unitOf(value)}; at most ${requirement} are taken.`;
  // Only the body itself is an object whose fields must be there.
  if (value === undefined && path.length === 1)
    return `${where} is missing; it must be ${kindOf(entriesOf(schema)[where]?.expects)}.`;
  return `${where} is ${show(value)}; ${mustOf(issue)}.`;
}

/** What a value must be, if its schema has no words of its own for that. */
function mustOf({ type, kind, expected, requirement, message }: v.BaseIssue<unknown>): string {
  if (type === 'min_value' || type === 'min_length') return `it must be at least ${requirement}`;
  if (type === 'max_value') return `it must be at most ${requirement}`;
  if (type === 'integer') return 'it must be an integer';
  if (type === 'finite') return 'it must be a finite number';
  if (kind === 'schema' && message.startsWith('Invalid ')) return `it must be ${kindOf(expected)}`;
  return message;
}

function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> {
  return 'entries' in schema ? (schema.entries as Record<string, v.GenericSchema>) : {};
}

/** A path as it is written in code: `documents[3].text`. */
function nameOf(path: readonly unknown[]): string {
  if (path.length === 0) return 'The body';
  return path.map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`)).join('');
}

function valueAt(body: unknown, path: readonly unknown[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key as PropertyKey) : undefined),
    body,
  );
}

function lengthOf(value: unknown): number | undefined {
  return typeof value === 'string' || Array.isArray(value) ? value.length : undefined;
}

function unitOf(value: unknown): string {
  return Array.isArray(value) ? 'items' : 'characters';
}

/** A type of the schema library, with its article. */
function kindOf(expected: string | null | undefined): string {
  const type = (expected ?? 'value').toLowerCase();
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}
