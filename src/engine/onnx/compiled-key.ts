import { env } from 'onnxruntime-node';
import type { CompileTarget } from '../../compile/target.ts';
import { RerankitError } from '../../errors.ts';
import { reason } from '../../model/json-file.ts';
import type { Adapter } from '../../model/lora/adapter.ts';
import { entryKey, identifyContent, identifySource, type JsonRecord, processorIdentity } from '../../store/index.ts';
import type { LoadRequest } from './protocol.ts';

/** To be raised whenever other bytes are written for the same model: `test/compile/format.test.ts` notices. */
export const COMPILED_FORMAT = 2;

/** Names a compiled model by everything that its bytes depend on. */
export async function compiledKey({ checkpoint }: LoadRequest, target: CompileTarget): Promise<string> {
  const { config, tensors, adapters } = checkpoint;
  const files = new Set([...tensors.values()].map(({ file }) => file));
  for (const { file } of adapters) files.delete(file);
  return entryKey({
    format: COMPILED_FORMAT,
    sources: await Promise.all([...files].sort().map((file) => readable(file, identifySource))),
    ...(adapters.length > 0 && { adapters: await Promise.all(adapters.map(identifyAdapter)) }),
    layers: config.layers,
    ...(await partsOf(target)),
  });
}

/** Matrices that are laid out for kernels go with the kernels: their library, and the processor. */
async function partsOf(target: CompileTarget): Promise<JsonRecord> {
  const { form } = target;
  if (!('laidOut' in target)) return { form };
  const bits = form === 'int8' ? target.bits : 4;
  if (!target.laidOut) return { form, bits, laidOut: false };
  return { form, bits, runtime: env.versions.node ?? env.versions.common, processor: await processorIdentity() };
}

/** Adapters count by what they hold: they are small, and may lie in another folder each time. */
async function identifyAdapter({ file, updates }: Adapter): Promise<JsonRecord> {
  const scalings = Object.fromEntries([...updates].map(([name, { scaling }]) => [name, scaling]));
  return { content: await readable(file, identifyContent), scalings };
}

async function readable<T>(file: string, identify: (file: string) => Promise<T>): Promise<T> {
  try {
    return await identify(file);
  } catch (cause) {
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${file}: ${reason(cause)}.`, { cause });
  }
}
