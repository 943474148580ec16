/** Versions of the specification that this major takes, its own first. */
export const ACCEPTED = ['v4', 'v3'] as const;
