import { RerankitError, show } from '../../errors.ts';
import type { Connection } from './connection.ts';
import { field } from './json.ts';

/**
 * The model to ask for, and what the server's list says of it: the one that was named, which must be listed, or the
 * first that `fits`. A server without a list is believed. Throws `MODEL_NOT_FOUND`.
 */
export async function servedModel(
  server: Connection,
  path: string,
  asked: string | undefined,
  signal: AbortSignal,
  fits: (entry: unknown) => boolean = () => true,
): Promise<{ readonly model: string | undefined; readonly entry: unknown }> {
  const answer = await server.getIfThere(path, signal);
  if (answer === undefined) return { model: asked, entry: undefined };
  const list = field(answer, 'data');
  if (!Array.isArray(list)) throw server.unexpected(path, `${show(list)} where a list of models belongs`);
  const named = (list as readonly unknown[]).filter((entry) => typeof field(entry, 'id') === 'string');
  const entry = asked === undefined ? named.find(fits) : named.find((entry) => field(entry, 'id') === asked);
  if (entry !== undefined) return { model: String(field(entry, 'id')), entry };
  const names = named.slice(0, 10).map((entry) => show(field(entry, 'id')));
  const what = asked === undefined ? 'no model that reranks' : `no model ${show(asked)}`;
  throw new RerankitError('MODEL_NOT_FOUND', `${server.name} serves ${what}; it serves ${names.join(', ') || 'none'}.`);
}
