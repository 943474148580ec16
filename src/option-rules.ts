import { RerankitError, show } from './errors.ts';

/** A kind of value: what it is called in an error, and what belongs to it. */
export interface Kind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Never shown, not even if it is wrong. */
  readonly secret?: boolean;
}

/** The kind of each option of a call; the type sees to it that none is forgotten. */
export type Rules<Options> = { readonly [Name in keyof Required<Options>]: Kind };

export const string: Kind = { expected: 'a string', accepts: (value) => typeof value === 'string' };
export const boolean: Kind = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
export const callback: Kind = { expected: 'a function', accepts: (value) => typeof value === 'function' };
export const finite: Kind = { expected: 'a finite number', accepts: Number.isFinite };
export const signal: Kind = { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal };

/** What is scored 0 to 1. */
export const fraction: Kind = number(0, 1);

export function number(least: number, most: number): Kind {
  return {
    expected: `a number from ${least} to ${most}`,
    accepts: (value) => typeof value === 'number' && value >= least && value <= most,
  };
}

export function oneOf(values: readonly string[]): Kind {
  return {
    expected: `one of ${values.map((value) => `'${value}'`).join(', ')}`,
    accepts: (value) => values.includes(value as string),
  };
}

export function integer(least: number, most = Number.MAX_SAFE_INTEGER): Kind {
  return {
    expected:
      most === Number.MAX_SAFE_INTEGER ? `an integer, at least ${least}` : `an integer from ${least} to ${most}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

/**
 * The options of a call, each read once and checked, in an object of our own: what the caller's object holds later, or on
 * a second look, has no effect. Throws `INVALID_OPTION` for the first that is unknown or has a wrong value.
 */
export function read<Options extends object>(call: string, rules: Rules<Options>, options: Options): Options {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new RerankitError('INVALID_OPTION', `The options of ${call} must be an object, not ${show(options)}.`);
  }
  const known: Readonly<Record<string, Kind>> = rules;
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new RerankitError(
      'INVALID_OPTION',
      `${call} has no option ${show(name)}; its options are ${Object.keys(known).join(', ')}.`,
    );
  }
  const own: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(known)) {
    // By name, and not by enumeration: an option may be inherited.
    const value: unknown = Reflect.get(options, name);
    if (value === undefined) continue;
    if (!kind.accepts(value)) {
      throw new RerankitError(
        'INVALID_OPTION',
        `The option ${name} of ${call} must be ${kind.expected}${kind.secret ? '' : `, not ${show(value)}`}.`,
      );
    }
    own[name] = value;
  }
  // Every value has passed the rule of its name.
  return own as Options;
}
