export { loadChannel, rerankChannel, runChannel } from './channels.ts';
export type { LoadTrace, RerankTrace, RunTrace, TracedModel, TraceEnd, TraceError } from './messages.ts';
export { trace, traceErrorOf } from './trace.ts';
