import { field, isRecord, isTokenId } from '../json.ts';
import type { Part } from './parts.ts';
import { invalid } from './problems.ts';

/** The ids that a TemplateProcessing gives one of its `special_tokens`. */
export function idsOf(json: Part['json'], name: string): readonly number[] {
  const tokens = field(json, 'special_tokens');
  const token = isRecord(tokens) ? field(tokens, name) : undefined;
  const ids = isRecord(token) ? field(token, 'ids') : undefined;
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every(isTokenId)) {
    throw invalid('special_tokens of TemplateProcessing', `the ids of ${name}`, ids);
  }
  return ids;
}
