import type { Engine } from '../engine/engine.ts';
import { RerankitError, show } from '../errors.ts';
import type { Selection } from './select.ts';

/** What became of a micro-batch. */
export type Outcome =
  | { readonly computed: true; readonly outputs: Float32Array }
  | {
      readonly computed: false;
      readonly error: unknown;
      /** Whether part of the rows may succeed without the others. */
      readonly divisible: boolean;
    };

/** Has the engine compute a selection, `width` numbers a row. Never rejects, whatever the engine does. */
export async function runBatch(engine: Engine, selection: Selection<unknown>, width: number): Promise<Outcome> {
  const { rows, prefixes, tokens } = selection;
  try {
    const outputs = await engine.run({
      prefixes,
      rows: rows.map(({ row, prefix }) => ({ prefix, tokens: row.tokens })),
    });
    if (outputs.length === rows.length * width) return { computed: true, outputs };
    // Which number belongs to which row is anyone's guess, and an engine that miscounts will do so again.
    const message =
      `The engine returned ${outputs.length} numbers for ${rows.length} documents, which have ${width} each; ` +
      'report this as a bug.';
    return { computed: false, error: new RerankitError('ENGINE_FAILED', message), divisible: false };
  } catch (error) {
    if (RerankitError.isInstance(error)) {
      // A crash has taken the worker down once; the same rows may well do it again.
      return { computed: false, error, divisible: error.code === 'ENGINE_FAILED' };
    }
    const reason = error instanceof Error ? error.message : show(error);
    const message = `The engine failed a run of ${rows.length} documents (${tokens} tokens): ${reason}`;
    return { computed: false, error: new RerankitError('ENGINE_FAILED', message, { cause: error }), divisible: true };
  }
}

/** The error for a row whose outputs are not all finite numbers. */
export function badOutput(slot: number, output: number): RerankitError {
  return new RerankitError(
    'ENGINE_FAILED',
    `The engine returned ${output} for document ${slot}, where a finite number is needed; ` +
      'the weights may be damaged or overflow on this device: try another device or dtype.',
  );
}
