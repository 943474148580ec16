/** How far two rankings of one list agree: its logits by one model, and by another. */
export interface Agreement {
  /** Kendall's rank correlation, from -1 to 1; pairs that tie in one of the two count as neither. */
  readonly tau: number;
  /** Whether both put the same document first. */
  readonly sameFirst: boolean;
  /** The reference's lead of its first document over the document that the other one puts first. */
  readonly margin: number;
}

export function agreement(reference: readonly number[], other: readonly number[]): Agreement {
  let sum = 0;
  let pairs = 0;
  for (const [a, ofReference] of reference.entries()) {
    for (let b = 0; b < a; b++) {
      pairs++;
      sum += Math.sign(ofReference - at(reference, b)) * Math.sign(at(other, a) - at(other, b));
    }
  }
  const [first, otherFirst] = [indexOfMost(reference), indexOfMost(other)];
  return {
    tau: sum / pairs,
    sameFirst: first === otherFirst,
    margin: at(reference, first) - at(reference, otherFirst),
  };
}

function indexOfMost(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > at(values, best) ? index : best), 0);
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
