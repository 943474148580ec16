import { field, isRecord, isTokenId } from '../json.ts';
import { type Part, partsOf } from './parts.ts';
import { invalid, unsupported } from './problems.ts';
import { idsOf } from './special-ids.ts';

/** Control tokens around two texts, and the type ids of the two halves. */
export interface PairTemplate {
  /** Before the first text, between the two, and after the second. */
  readonly before: readonly number[];
  readonly between: readonly number[];
  readonly after: readonly number[];
  /** `token_type_ids` of all up to the second text, and of the rest. */
  readonly firstType: number;
  readonly secondType: number;
  /** Names of the control tokens. */
  readonly tokens: readonly string[];
}

/**
 * How the `post_processor` of a tokenizer.json joins two texts.
 * Throws `MODEL_UNSUPPORTED` where it joins none, or in another order; `MODEL_INVALID` for damaged ones.
 */
export function pairTemplateOf(json: unknown): PairTemplate {
  const parts = partsOf(json, 'post_processor', 'processors').filter(({ type }) => type !== 'ByteLevel');
  const [part, ...others] = parts;
  if (part === undefined || others.length > 0) throw noPairs(part === undefined ? json : 'several templates');
  if (part.type === 'TemplateProcessing') return fromTemplate(part);
  if (part.type === 'BertProcessing' || part.type === 'RobertaProcessing') {
    const [[sepName, sep], [clsName, cls]] = [tokenOf(part, 'sep'), tokenOf(part, 'cls')];
    const roberta = part.type === 'RobertaProcessing';
    return {
      before: [cls],
      between: roberta ? [sep, sep] : [sep],
      after: [sep],
      firstType: 0,
      secondType: roberta ? 0 : 1,
      tokens: [clsName, sepName],
    };
  }
  throw noPairs(part.type);
}

function tokenOf({ json, type }: Part, name: string): readonly [string, number] {
  const token = field(json, name);
  const [content, id]: readonly unknown[] = Array.isArray(token) ? token : [];
  if (typeof content !== 'string' || !isTokenId(id)) throw invalid(`${name} of ${type}`, 'a token and its id', token);
  return [content, id];
}

function fromTemplate({ json }: Part): PairTemplate {
  const items = field(json, 'pair');
  if (!Array.isArray(items)) throw invalid('pair of TemplateProcessing', 'a list', items);
  const halves: [number[], number[], number[]] = [[], [], []];
  const types: [Set<number>, Set<number>] = [new Set(), new Set()];
  const names: string[] = [];
  let seen = '';
  for (const item of items as readonly unknown[]) {
    const [kind, value] = isRecord(item) ? (Object.entries(item)[0] ?? []) : [];
    const type = isRecord(value) ? (field(value, 'type_id') ?? 0) : undefined;
    const id = isRecord(value) ? field(value, 'id') : undefined;
    if (!isTokenId(type) || typeof id !== 'string') throw invalid('an item of TemplateProcessing', 'a token', item);
    if (kind === 'Sequence') seen += id;
    else {
      halves[seen.length === 0 ? 0 : seen.length === 1 ? 1 : 2].push(...idsOf(json, id));
      names.push(id);
    }
    types[seen.includes('B') ? 1 : 0].add(type);
  }
  const [[firstType = 0, ...otherFirst], [secondType = 0, ...otherSecond]] = types.map((set) => [...set]) as [
    number[],
    number[],
  ];
  if (seen !== 'AB' || halves[0].length + halves[1].length === 0 || halves[2].length === 0) throw noPairs(seen);
  if (otherFirst.length + otherSecond.length > 0) throw noPairs('halves of several types');
  const [before, between, after] = halves;
  return { before, between, after, firstType, secondType, tokens: names };
}

function noPairs(value: unknown) {
  return unsupported(
    'post_processor',
    value,
    'a cross-encoder needs one that joins query and document with control tokens between and after them',
  );
}
