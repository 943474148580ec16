import type { CompileTarget } from '../../compile/target.ts';
import { RerankitError } from '../../errors.ts';
import type { HandlerContext } from '../../worker/serve.ts';
import { chooseDtype, type DtypeChoice } from './choose-dtype.ts';
import { compiledModel } from './compiled-model.ts';
import type { Device } from './device.ts';
import { isHalf } from './dtype.ts';
import { exactInt8Bits } from './int8-bits.ts';
import type { EngineProgress, LoadRequest } from './protocol.ts';
import { modelFromCompiled, modelInPlace, type SessionModel } from './session-model.ts';

export interface PreparedModel {
  readonly model: SessionModel;
  readonly dtype: DtypeChoice;
  readonly warnings: readonly string[];
  /** To be called once no session uses the model any more. */
  readonly release: () => Promise<void>;
}

/** Chooses the numeric type, and brings the model into it. */
export async function prepareModel(
  request: LoadRequest,
  device: Device,
  context: HandlerContext<EngineProgress>,
): Promise<PreparedModel> {
  const { memoryBytes, checkpoint } = request;
  const bits = device === 'cpu' ? await context.guard.enter(exactInt8Bits) : undefined;
  const dtype: DtypeChoice =
    request.dtype === 'auto'
      ? chooseDtype({ device, config: checkpoint.config, int8: bits !== undefined, memoryBytes })
      : { dtype: request.dtype, reason: 'asked for' };
  // The caller has seen to it that the device can run the type.
  if (isHalf(dtype.dtype)) throw new Error(`There is no model in ${dtype.dtype} for device ${device}.`);
  if (dtype.dtype === 'fp32' && checkpoint.adapters.length === 0) {
    return { model: modelInPlace(request), dtype, warnings: [], release: async () => {} };
  }
  if (dtype.dtype === 'int8' && bits === undefined) {
    const message = "dtype 'int8' gives wrong products on this processor: use dtype: 'fp32', 'int4' or 'auto'.";
    throw new RerankitError('DEVICE_UNAVAILABLE', message);
  }
  const warnings: string[] = [];
  const target: CompileTarget =
    dtype.dtype === 'fp32' ? { form: dtype.dtype } : { form: dtype.dtype, bits: bits ?? 8, laidOut: true };
  const obtained = await compiledModel(request, target, context, (message) => warnings.push(message));
  return { model: modelFromCompiled(request, obtained), dtype, warnings, release: obtained.release };
}
