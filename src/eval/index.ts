export { type BeirContent, type BeirDocument, type BeirOptions, openBeir, writeBeir } from './beir.ts';
export { type Bm25Options, bm25Run } from './bm25.ts';
export { type CandidateList, type CandidateOptions, candidateLists } from './candidate-lists.ts';
export { type CompareOptions, compareRuns } from './compare-runs.ts';
export type {
  Comparison,
  Difference,
  Estimate,
  MeasureReport,
  Pair,
  System,
  SystemReport,
  Times,
} from './comparison.ts';
export { type EvaluateOptions, type Evaluation, evaluateRun } from './evaluate-run.ts';
export { firstQueries } from './first-queries.ts';
export { comparisonMarkdown } from './markdown.ts';
export { cutRun } from './order.ts';
export {
  type RerankedRun,
  type RerankListsOptions,
  type RerankListsProgress,
  rerankLists,
} from './rerank-lists.ts';
export { pairedRandomizationTest, type SignificanceOptions } from './significance.ts';
export { comparisonSvg } from './svg.ts';
export { type ReadFileOptions, readQrels, readRun, writeQrels, writeRun } from './trec.ts';
export type { Dataset, DatasetDocument, Qrels, Run } from './types.ts';
