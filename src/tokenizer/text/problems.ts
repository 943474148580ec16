import { RerankitError, show } from '../../errors.ts';

/** A tokenizer.json that no program could use. */
export function invalid(where: string, expected: string, value: unknown): RerankitError {
  const text = `tokenizer.json has ${show(value)} as ${where}, where ${expected} is needed: the file is damaged; download it again.`;
  return new RerankitError('MODEL_INVALID', text);
}

/** A sound tokenizer.json that this library does not follow. */
export function unsupported(where: string, value: unknown, supported: string): RerankitError {
  const text = `tokenizer.json has ${show(value)} as ${where}, which is not supported; ${supported}.`;
  return new RerankitError('MODEL_UNSUPPORTED', text);
}
