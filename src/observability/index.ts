export { embedChannel, rerankChannel, runChannel } from './channels.ts';
export type {
  CallTrace,
  EmbedTrace,
  LoadTrace,
  RerankTrace,
  RunTrace,
  TracedModel,
  TraceEnd,
  TraceError,
} from './messages.ts';
export { trace, traceErrorOf } from './trace.ts';
export { traceLoad } from './trace-load.ts';
