import { arch, cpus, platform } from 'node:os';
import { env } from 'onnxruntime-node';
import type { MatrixForm } from '../../compile/read-matrix.ts';
import { entryKey } from '../../compiled/index.ts';
import type { LoadRequest } from './protocol.ts';

/** To be raised whenever other bytes are written for the same model. `test/compile/format.test.ts` tells when. */
export const COMPILED_FORMAT = 1;

/** Names a compiled model by everything that its bytes depend on. */
export function compiledKey({ checkpoint, sources, yesId, noId }: LoadRequest, form: MatrixForm): string {
  return entryKey({
    format: COMPILED_FORMAT,
    sources,
    config: checkpoint.config,
    head: checkpoint.headTensor === 'score.weight' ? 'score' : [yesId, noId],
    form,
    runtime: env.versions.node ?? env.versions.common,
    // Kernels, and with them layouts, differ between processors.
    processor: [platform(), arch(), cpus()[0]?.model ?? ''],
  });
}
