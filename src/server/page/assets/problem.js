/**
 * Something that a visitor can put right, or has to be told of: the name of the text that says it, and what fills its gaps.
 */
export class Problem extends Error {
  /**
   * @param {Exclude<keyof import('./text-en.js').Texts, 'countOne' | 'countMany'>} kind
   * @param {...(string | number)} values
   */
  constructor(kind, ...values) {
    super([kind, ...values].join(' '));
    this.kind = kind;
    this.values = values;
  }
}
