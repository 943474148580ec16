export { loadChannel, rerankChannel, runChannel } from './channels.ts';
export type { LoadTrace, RerankTrace, RunTrace, TracedModel, TraceError } from './messages.ts';
export { trace, traceErrorOf } from './trace.ts';
