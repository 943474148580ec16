import { TRAINED_MODEL } from '../e2e/golden-files.ts';
import { oracle } from './oracle.ts';

/** The vocabulary that the golden ids are in. */
export const trained = oracle('tiny-v0', `${TRAINED_MODEL}/`);
