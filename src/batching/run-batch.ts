import type { Engine } from '../engine/engine.ts';
import { RerankitError, show } from '../errors.ts';
import type { Selection } from './select.ts';

/** What became of a micro-batch. */
export type Outcome =
  | { readonly scored: true; readonly logits: Float32Array }
  | {
      readonly scored: false;
      readonly error: unknown;
      /** Whether part of the rows may succeed without the others. */
      readonly divisible: boolean;
    };

/** Has the engine score a selection. Never rejects, whatever the engine does. */
export async function runBatch(engine: Engine, selection: Selection<unknown>): Promise<Outcome> {
  const { rows, prefixes, tokens } = selection;
  try {
    const logits = await engine.run({
      prefixes,
      rows: rows.map(({ row, prefix }) => ({ prefix, tokens: row.tokens })),
    });
    if (logits.length === rows.length) return { scored: true, logits };
    // Which logit belongs to which row is anyone's guess, and an engine that miscounts will do so again.
    const message = `The engine returned ${logits.length} logits for ${rows.length} documents; report this as a bug.`;
    return { scored: false, error: new RerankitError('ENGINE_FAILED', message), divisible: false };
  } catch (error) {
    if (RerankitError.isInstance(error)) {
      // A crash has taken the worker down once; the same rows may well do it again.
      return { scored: false, error, divisible: error.code === 'ENGINE_FAILED' };
    }
    const reason = error instanceof Error ? error.message : show(error);
    const message = `The engine failed a run of ${rows.length} documents (${tokens} tokens): ${reason}`;
    return { scored: false, error: new RerankitError('ENGINE_FAILED', message, { cause: error }), divisible: true };
  }
}

/** The error for a logit that is not a finite number. */
export function badLogit(slot: number, logit: number): RerankitError {
  return new RerankitError(
    'ENGINE_FAILED',
    `The engine returned ${logit} as the logit of document ${slot}, which must be a finite number; ` +
      'the weights may be damaged or overflow on this device: try another device or dtype.',
  );
}
