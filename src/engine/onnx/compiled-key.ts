import { env } from 'onnxruntime-node';
import type { MatrixForm } from '../../compile/read-matrix.ts';
import { RerankitError } from '../../errors.ts';
import { reason } from '../../model/json-file.ts';
import { entryKey, identifySource, processorIdentity, type SourceIdentity } from '../../store/index.ts';
import type { LoadRequest } from './protocol.ts';

/** To be raised whenever other bytes are written for the same model: `test/compile/format.test.ts` notices. */
export const COMPILED_FORMAT = 2;

/** Names a compiled model by everything that its bytes depend on. */
export async function compiledKey({ checkpoint }: LoadRequest, { form, bits }: MatrixForm): Promise<string> {
  const { config, tensors } = checkpoint;
  const files = [...new Set([...tensors.values()].map(({ file }) => file))].sort();
  return entryKey({
    format: COMPILED_FORMAT,
    sources: await Promise.all(files.map(identify)),
    layers: config.layers,
    form,
    bits: form === 'int8' ? bits : 4,
    runtime: env.versions.node ?? env.versions.common,
    processor: await processorIdentity(),
  });
}

async function identify(file: string): Promise<SourceIdentity> {
  try {
    return await identifySource(file);
  } catch (cause) {
    throw new RerankitError('MODEL_NOT_FOUND', `Cannot read ${file}: ${reason(cause)}.`, { cause });
  }
}
