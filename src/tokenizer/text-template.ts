import { field, isRecord } from './json.ts';
import { partsOf } from './text/parts.ts';
import { invalid, unsupported } from './text/problems.ts';
import { idsOf } from './text/special-ids.ts';

/** Control tokens that go before and after a text of its own. */
export interface TextTemplate {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * What the `post_processor` of a tokenizer.json puts around a single text; `undefined` where it has no template.
 * Throws `MODEL_UNSUPPORTED` for processors of other kinds, `MODEL_INVALID` for damaged ones.
 */
export function textTemplateOf(postProcessor: unknown): TextTemplate | undefined {
  const parts = partsOf(postProcessor, 'post_processor', 'processors').filter(({ type }) => type !== 'ByteLevel');
  const [part, ...others] = parts;
  if (part === undefined) return undefined;
  if (part.type !== 'TemplateProcessing' || others.length > 0) {
    throw unsupported('post_processor', part.type, 'one TemplateProcessing is, as in Qwen3-Embedding, or none');
  }
  const items = field(part.json, 'single');
  if (!Array.isArray(items)) throw invalid('single of TemplateProcessing', 'a list', items);
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  for (const item of items as readonly unknown[]) {
    const [kind, value] = isRecord(item) ? (Object.entries(item)[0] ?? []) : [];
    const id = isRecord(value) ? field(value, 'id') : undefined;
    if (typeof id !== 'string') throw invalid('an item of TemplateProcessing', 'a token', item);
    if (kind === 'Sequence') texts++;
    else (texts === 0 ? before : after).push(...idsOf(part.json, id));
  }
  if (texts === 1) return { before, after };
  throw unsupported('single of TemplateProcessing', `${texts} texts`, 'a template has the text once');
}
