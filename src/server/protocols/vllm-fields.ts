import * as v from 'valibot';
import type { Limits } from '../limits.ts';
import { fieldsFor } from './fields.ts';

/** Fields of all requests of vLLM. What its template would be told is the instruction. */
export function vllmFields(limits: Limits) {
  const { common, flag, later } = fieldsFor(limits);
  const { model, instruction } = common;
  return {
    model,
    instruction,
    chat_template_kwargs: v.optional(v.strictObject({ instruction })),
    /** Probabilities, or logits; the second is the name in older versions. */
    use_activation: flag,
    activation: flag,
    /** Prompts are always cut at the model's limit, from the end of the document. */
    truncate_prompt_tokens: v.optional(v.literal(-1, 'it can only be -1: documents are cut at the limit of the model')),
    priority: later,
    // Without effect on scores.
    user: v.optional(v.string()),
    request_id: v.optional(v.string()),
  };
}

interface VllmBody {
  readonly model?: string | undefined;
  readonly instruction?: string | undefined;
  readonly chat_template_kwargs?: { readonly instruction?: string | undefined } | undefined;
  readonly use_activation?: boolean | undefined;
  readonly activation?: boolean | undefined;
  readonly priority?: number | undefined;
}

/** What these fields mean. */
export function vllmOptions(body: VllmBody) {
  return {
    model: body.model,
    instruction: body.instruction ?? body.chat_template_kwargs?.instruction,
    // vLLM's are the other way around: the lower goes first.
    priority: -(body.priority ?? 0),
    raw: (body.use_activation ?? body.activation) === false,
  };
}
