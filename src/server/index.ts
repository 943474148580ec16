export { createHandler, type RerankHandler } from './create-handler.ts';
export type { HandlerOptions, ServedReranker } from './handler-options.ts';
export type { ServiceState } from './lifecycle.ts';
export type { ServerLimits } from './limits.ts';
export type { LogEntry, LoggedError, RequestLog, StateLog } from './log.ts';
export { type FetchHandler, type NodeListener, toNodeListener } from './node/listener.ts';
export { type ListenOptions, type RunningServer, type ServeOptions, serve } from './node/serve.ts';
