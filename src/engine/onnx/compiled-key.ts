import { env } from 'onnxruntime-node';
import type { CompileTarget } from '../../compile/target.ts';
import { RerankitError } from '../../errors.ts';
import { reason } from '../../model/json-file.ts';
import {
  entryKey,
  identifySource,
  type JsonRecord,
  processorIdentity,
  type SourceIdentity,
} from '../../store/index.ts';
import type { LoadRequest } from './protocol.ts';

/** To be raised whenever other bytes are written for the same model: `test/compile/format.test.ts` notices. */
export const COMPILED_FORMAT = 2;

/** Names a compiled model by everything that its bytes depend on. */
export async function compiledKey({ checkpoint }: LoadRequest, target: CompileTarget): Promise<string> {
  const { config, tensors } = checkpoint;
  const files = [...new Set([...tensors.values()].map(({ file }) => file))].sort();
  return entryKey({
    format: COMPILED_FORMAT,
    sources: await Promise.all(files.map(identify)),
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

async function identify(file: string): Promise<SourceIdentity> {
  try {
    return await identifySource(file);
  } catch (cause) {
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${file}: ${reason(cause)}.`, { cause });
  }
}
