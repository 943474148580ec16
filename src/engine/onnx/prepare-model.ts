import { RerankitError } from '../../errors.ts';
import type { HandlerContext } from '../../worker/serve.ts';
import { chooseDtype, type DtypeChoice } from './choose-dtype.ts';
import { compiledModel } from './compiled-model.ts';
import type { Device } from './device.ts';
import { exactInt8Storage } from './int8-kernel.ts';
import type { EngineProgress, LoadRequest } from './protocol.ts';
import { modelInPlace, type SessionModel } from './session-model.ts';

export interface PreparedModel {
  readonly model: SessionModel;
  readonly dtype: DtypeChoice;
  readonly warnings: readonly string[];
}

/** Chooses the numeric type, and brings the model into it. */
export async function prepareModel(
  request: LoadRequest,
  device: Device,
  context: HandlerContext<EngineProgress>,
): Promise<PreparedModel> {
  const { memoryBytes, checkpoint } = request;
  const storage = device === 'cpu' ? await context.guard.enter(exactInt8Storage) : undefined;
  const dtype: DtypeChoice =
    request.dtype === 'auto'
      ? chooseDtype({ device, config: checkpoint.config, int8: storage !== undefined, memoryBytes })
      : { dtype: request.dtype, reason: 'asked for' };
  if (dtype.dtype === 'fp32') return { model: await modelInPlace(request), dtype, warnings: [] };
  if (dtype.dtype === 'int8' && storage === undefined) {
    const message = "dtype 'int8' gives wrong products on this processor: use dtype: 'fp32', 'int4' or 'auto'.";
    throw new RerankitError('DEVICE_UNAVAILABLE', message);
  }
  const warnings: string[] = [];
  const form = { form: dtype.dtype, storage: storage ?? 'signed' };
  const model = await compiledModel(request, form, context, (message) => warnings.push(message));
  return { model, dtype, warnings };
}
