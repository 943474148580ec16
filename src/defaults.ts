/** Larger ones compute prefixes less often, but others wait longer: `npm run bench -- --token-budget N` tells the rest. */
export const DEFAULT_TOKEN_BUDGET = 2048;
export const DEFAULT_MAX_QUEUED_DOCUMENTS = 100_000;
