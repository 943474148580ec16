import { DEFAULT_INSTRUCTION } from '../prompt/template.ts';

/** What goes before a query with an instruction, as the family's model card builds it. */
export function queryPrompt(instruction: string): string {
  return `Instruct: ${instruction}\nQuery:`;
}

/** What goes before queries for which neither caller nor model says anything else. */
export const DEFAULT_QUERY_PROMPT = queryPrompt(DEFAULT_INSTRUCTION);
