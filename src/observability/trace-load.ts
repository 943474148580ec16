import type { RerankerInfo } from '../types.ts';
import { loadChannel } from './channels.ts';
import type { LoadTrace } from './messages.ts';
import { trace } from './trace.ts';

/** Loads a model, and tells the channel of loads. `model` is what was asked for. */
export function traceLoad<Model extends { readonly info: RerankerInfo }>(
  model: string,
  load: () => Promise<Model>,
): Promise<Model> {
  const end = (message: LoadTrace, { info }: Model): void => {
    message.info = info;
  };
  return trace(loadChannel, (): LoadTrace => ({ model }), load, end);
}
