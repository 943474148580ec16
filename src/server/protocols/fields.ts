import * as v from 'valibot';
import type { Limits } from '../limits.ts';
import type { RerankJob } from './job.ts';

/** An integer. */
export const integer = v.pipe(v.number(), v.integer());

/** The fields that several protocols share. */
export function fieldsFor({ documents, documentCharacters, queryCharacters }: Limits) {
  const query = v.pipe(v.string(), v.maxLength(queryCharacters));
  const text = v.pipe(v.string(), v.maxLength(documentCharacters));
  const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(documents));
  return {
    text,
    list,
    /** What every ranking may have, by these names. */
    common: { model: v.optional(v.string()), query, instruction: v.optional(query) },
    query,
    /** Documents that are texts. */
    texts: list(text),
    flag: v.optional(v.boolean()),
    /** How many of the best are wanted. */
    top: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    /** The same, where 0 stands for all. */
    topOrAll: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    /** An integer that puts a request later, the higher it is. */
    later: v.optional(integer),
  };
}

/** The part of a job that every protocol reads in the same way. */
export function ranking(
  { model, query, instruction }: Common,
  documents: readonly string[],
): Pick<RerankJob, 'kind' | 'model' | 'query' | 'documents' | 'instruction'> {
  return { kind: 'rerank', model, query, documents, instruction };
}

interface Common {
  readonly model?: string | undefined;
  readonly query: string;
  readonly instruction?: string | undefined;
}
