import { RerankitError, show } from '../../errors.ts';
import { reason } from '../json-file.ts';

/** Whether a module is meant, by its name in the network, such as `model.layers.0.self_attn.q_proj`. */
export type ModuleTest = (module: string) => boolean;

/** Longer ones than anybody writes; a pattern is compiled on the caller's thread. */
const MAX_UNITS = 10_000;

export interface PatternOptions {
  /** What to call it in errors. */
  readonly where: string;
  /** Whether the pattern is for the end of a name, from a dot on, instead of the whole. */
  readonly ending?: boolean;
}

/**
 * A regular expression of an adapter's config, as Python understands it. These come with files that nobody vouches for, so
 * they are matched in time that is linear in the name: patterns that need more (with backreferences, or looking around)
 * are refused with `MODEL_UNSUPPORTED`, what is no pattern with `MODEL_INVALID`.
 */
export async function patternTest(pattern: string, { where, ending = false }: PatternOptions): Promise<ModuleTest> {
  if (pattern.length > MAX_UNITS) {
    throw new RerankitError(
      'MODEL_UNSUPPORTED',
      `${where} has a pattern of ${pattern.length} characters; at most ${MAX_UNITS} are read.`,
    );
  }
  // Most are plain names, of which there may be hundreds: for these the language's own expressions are safe, and faster.
  if (/^[\w.]+$/.test(pattern)) {
    const plain = new RegExp(`^${ending ? '(?:.*\\.)?' : ''}${pattern}$`);
    return (module) => plain.test(module);
  }
  // Few adapters need it.
  const { RE2JS, RE2JSException } = await import('re2js');
  try {
    const compiled = RE2JS.compile(ending ? `(?:.*\\.)?(?:${pattern})` : pattern);
    return (module) => compiled.matches(module);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    const message = `${where} is ${show(pattern)}, which is not understood (${reason(cause)}): list the modules' names instead.`;
    throw new RerankitError('MODEL_UNSUPPORTED', message, { cause });
  }
}
