import { RerankitError } from '../errors.ts';

/** The refusal of a call of `rows` documents, if with it there would be more than `limit` in the queue. */
export function queueFull(rows: number, queued: number, limit: number): RerankitError | undefined {
  const total = queued + rows;
  if (total <= limit) return undefined;
  const remedy = rows > limit ? 'split the call' : 'wait for other calls to finish';
  return new RerankitError(
    'QUEUE_FULL',
    `The queue is full: with ${rows} more documents ${total} would be waiting, and maxQueuedDocuments is ` +
      `${limit}; ${remedy}, or raise maxQueuedDocuments.`,
  );
}

/** The refusal of any call after `dispose`. */
export function disposed(): RerankitError {
  return new RerankitError('DISPOSED', 'The model was disposed and takes no more calls; load another one.');
}
