import type { InferenceSession } from 'onnxruntime-node';
import { RerankitError } from '../../errors.ts';

/** Outputs beside the logits: caches, and hidden states and attentions of exports for inspection. */
const OTHERS = /^(?:present|past_key_values|hidden_states?|attentions?|encoder_attentions)(?:[._]|$)/;

/** The output that has the logits: the one of that name, or the only one. Throws `MODEL_UNSUPPORTED`, naming what there is. */
export function chooseOutput(metadata: readonly InferenceSession.ValueMetadata[]): string {
  const names = metadata.map(({ name }) => name);
  if (names.includes('logits')) return 'logits';
  const [only, ...others] = names.filter((name) => !OTHERS.test(name));
  if (only !== undefined && others.length === 0) return only;
  throw new RerankitError(
    'MODEL_UNSUPPORTED',
    `The ONNX export cannot be run: which of its outputs (${names.join(', ')}) has the logits? Expected one named "logits".`,
  );
}
