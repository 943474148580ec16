export type { Pooling } from '../model/embedder.ts';
export type { EmbedTrace } from '../observability/index.ts';
export { DEFAULT_INSTRUCTION } from '../prompt/template.ts';
export { compile } from './compile-embedder.ts';
export { Embedder } from './embedder.ts';
export type {
  DocumentEmbeddings,
  EmbedDocumentsOptions,
  EmbedderCompileOptions,
  EmbedderInfo,
  EmbedderOptions,
  EmbedObjectsOptions,
  EmbedOptions,
  EmbedProgress,
  EmbedQueryOptions,
  QueryEmbedding,
} from './types.ts';
