import { RerankitError, show } from '../errors.ts';
import { type FloatRows, floatRows, readFloats } from '../model/float-rows.ts';
import { type Adapter, type LowRankUpdate, updatesOf } from '../model/lora/adapter.ts';
import { scaleName } from '../model/quantization.ts';
import type { TensorLocation, TensorMap } from '../model/safetensors.ts';
import { addProduct, type Factors } from './add-product.ts';

/** What weights are read from: a checkpoint's tensors, and adapters that change them. */
export interface WeightSource {
  readonly tensors: TensorMap;
  readonly adapters: readonly Adapter[];
}

/** Whether adapters add to a tensor, so that what is stored is not what it is. */
export function isChanged(name: string, { adapters }: WeightSource): boolean {
  return updatesOf(name, adapters).length > 0;
}

/** The scales of a matrix that is stored in 8 or 4 bits. */
export async function scalesOf(
  { name, dtype }: TensorLocation,
  { tensors }: WeightSource,
): Promise<Float32Array | undefined> {
  const scales = dtype === 'I8' || dtype === 'I4' ? tensors.get(scaleName(name)) : undefined;
  return scales && readFloats(scales);
}

/** A tensor's rows as they are to be used, in float32: multiplied with their scales, and with what adapters add. */
export async function* weightRows(location: TensorLocation, source: WeightSource): AsyncGenerator<FloatRows> {
  const factors: Factors[] = [];
  for (const update of updatesOf(location.name, source.adapters)) factors.push(await readFactors(update));
  for await (const rows of floatRows(location, await scalesOf(location, source))) {
    for (const each of factors) addProduct(rows, each);
    if (factors.length > 0 && !allFinite(rows.values)) {
      throw new RerankitError(
        'MODEL_INVALID',
        `With its adapters ${show(location.name)} has values that are no finite numbers: the scaling is too large.`,
      );
    }
    yield rows;
  }
}

async function readFactors({ down, up, scaling }: LowRankUpdate): Promise<Factors> {
  return { down: await readFinite(down), up: await readFinite(up), scaling };
}

async function readFinite(location: TensorLocation): Promise<Float32Array> {
  const values = await readFloats(location);
  if (allFinite(values)) return values;
  const message = `${location.file}: tensor ${show(location.name)} has values that are no finite numbers: it is damaged.`;
  throw new RerankitError('MODEL_INVALID', message);
}

/** A number times 0 is 0; an infinity or what is no number stays NaN in the sum. */
function allFinite(values: Float32Array): boolean {
  let zero = 0;
  for (let at = 0; at < values.length; at++) zero += (values[at] as number) * 0;
  return zero === 0;
}
