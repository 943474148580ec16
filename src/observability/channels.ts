import { tracingChannel } from 'node:diagnostics_channel';
import type { EmbedTrace, LoadTrace, RerankTrace, RunTrace } from './messages.ts';

export const loadChannel = tracingChannel<unknown, LoadTrace>('rerankit:load');
export const rerankChannel = tracingChannel<unknown, RerankTrace>('rerankit:rerank');
export const embedChannel = tracingChannel<unknown, EmbedTrace>('rerankit:embed');
export const runChannel = tracingChannel<unknown, RunTrace>('rerankit:run');
