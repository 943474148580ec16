import { fileURLToPath } from 'node:url';
import { oracle } from './oracle.ts';

/** The vocabulary of the embedded model. */
export const embedded = oracle('embedded', fileURLToPath(new URL('../../models/default/', import.meta.url)));
