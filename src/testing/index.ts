export { createTestReranker } from './create-test-reranker.ts';
export { lexicalScore } from './lexical-score.ts';
export type {
  TestCall,
  TestControls,
  TestDocument,
  TestReranker,
  TestRerankerOptions,
  TestScores,
  TestTimes,
} from './types.ts';
