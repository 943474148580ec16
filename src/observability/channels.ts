import { tracingChannel } from 'node:diagnostics_channel';
import type { LoadTrace, RerankTrace, RunTrace } from './messages.ts';

export const loadChannel = tracingChannel<unknown, LoadTrace>('rerankit:load');
export const rerankChannel = tracingChannel<unknown, RerankTrace>('rerankit:rerank');
export const runChannel = tracingChannel<unknown, RunTrace>('rerankit:run');
