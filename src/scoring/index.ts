export { combinePassages, type ScoredDocuments, scoreOf } from './long-documents.ts';
export type { CallCost, LongQuestion, Question, Scored, Scorer } from './scorer.ts';
export { TextScorer } from './text-scorer.ts';
export { TokenRunner, type TokenRunOptions } from './token-runner.ts';
export { TokenScorer } from './token-scorer.ts';
