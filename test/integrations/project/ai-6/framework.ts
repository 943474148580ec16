/** Versions of the specification that this major takes, its own first. */
export const ACCEPTED = ['v3'] as const;
