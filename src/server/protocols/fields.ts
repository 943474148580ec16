import * as v from 'valibot';
import type { Limits } from '../limits.ts';

/** An integer. */
export const integer = v.pipe(v.number(), v.integer());

/** The fields that several protocols share. */
export function fieldsFor({ documents, documentCharacters, queryCharacters }: Limits) {
  const text = v.pipe(v.string(), v.maxLength(documentCharacters));
  const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(documents));
  return {
    text,
    list,
    /** The model's name. */
    model: v.optional(v.string()),
    query: v.pipe(v.string(), v.maxLength(queryCharacters)),
    /** Documents that are texts. */
    texts: list(text),
    instruction: v.optional(v.pipe(v.string(), v.maxLength(queryCharacters))),
    flag: v.optional(v.boolean()),
    /** How many of the best are wanted. */
    top: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    /** The same, where 0 stands for all. */
    topOrAll: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    /** An integer that puts a request later, the higher it is. */
    later: v.optional(integer),
  };
}
