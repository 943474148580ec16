export type { Question, Scored, Scorer } from './scorer.ts';
export { TextScorer } from './text-scorer.ts';
export { TokenScorer } from './token-scorer.ts';
