export { compile } from './compile-model.ts';
export type { Device, RefusedDevice } from './engine/onnx/device.ts';
export type { Dtype } from './engine/onnx/dtype.ts';
export type { ConnectOptions, RemoteInfo, ScoreKind } from './engine/remote/connect-options.ts';
export type { RemoteProtocol } from './engine/remote/protocols.ts';
export type {
  EngineAnswer,
  EngineCallOptions,
  EngineInfo,
  EngineRequest,
  RerankerEngine,
} from './engine/reranker-engine.ts';
export { ERROR_CODES, type ErrorCode, RerankitError } from './errors.ts';
export type { LoadedAdapter, LoraAdapter } from './model/lora/adapter.ts';
export type { ModelKind } from './model/onnx/export-config.ts';
export type {
  CompileProgress,
  DownloadProgress,
  LoadProgress,
  OnLoadProgress,
  PrepareProgress,
} from './model/progress.ts';
export type { HubOptions } from './model/resolve-options.ts';
export type {
  CallTrace,
  LoadTrace,
  RerankTrace,
  RunTrace,
  TracedModel,
  TraceEnd,
  TraceError,
} from './observability/index.ts';
export { DEFAULT_INSTRUCTION } from './prompt/template.ts';
export { Reranker } from './reranker.ts';
export type {
  CompileOptions,
  CompileResult,
  EngineOptions,
  LoadOptions,
  LongDocuments,
  NetworkInfo,
  NetworkOptions,
  Pair,
  RerankerInfo,
  RerankerStats,
  RerankerTotals,
  RerankObjectsOptions,
  RerankOptions,
  RerankResponse,
  RerankResult,
  Score,
  ScoredPassage,
  ScoreOptions,
  ScoreProgress,
  ScoreResponse,
  Usage,
} from './types.ts';
