import { field, isRecord, type JsonRecord } from '../json.ts';
import { invalid } from './problems.ts';

/** A part of a tokenizer.json and its type. */
export interface Part {
  readonly type: string;
  readonly json: JsonRecord;
}

/**
 * The parts that a `normalizer`, `pre_tokenizer` or `post_processor` consists of, in order: none for null, several for a
 * (nested) `Sequence`, whose list has the name `members`.
 */
export function partsOf(json: unknown, where: string, members: string): readonly Part[] {
  if (json === null || json === undefined) return [];
  const type = isRecord(json) ? field(json, 'type') : undefined;
  if (!isRecord(json) || typeof type !== 'string') throw invalid(where, 'an object with a type', json);
  if (type !== 'Sequence') return [{ type, json }];
  const list = field(json, members);
  if (!Array.isArray(list)) throw invalid(`${where}.${members}`, 'a list', list);
  return list.flatMap((part: unknown, at) => partsOf(part, `${where}.${members}[${at}]`, members));
}

/** A flag of a part; absent and null ones are `fallback`. */
export function flag({ json, type }: Part, name: string, fallback: boolean): boolean {
  const value = field(json, name) ?? fallback;
  if (typeof value !== 'boolean') throw invalid(`${name} of ${type}`, 'true or false', value);
  return value;
}
