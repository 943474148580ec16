import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompiledWeights } from '../../src/compile/compile-weights.ts';
import { readIndex, writeIndex } from '../../src/compile/compiled-index.ts';
import { ElementType } from '../../src/graph/onnx-proto.ts';
import { scratch } from '../model/scratch.ts';

const place = (offset: number, byteLength: number) => ({ file: 'weights.bin', offset, byteLength });
const MODEL: CompiledWeights = {
  tensors: new Map([['norm', { name: 'norm', dtype: 'F32', shape: [2], ...place(0, 8) }]]),
  matrices: {
    form: 'int8',
    matrices: new Map([
      [
        'matrix',
        {
          outputs: 2,
          inputs: 3,
          values: [
            {
              name: 'matrix.0',
              type: ElementType.INT8,
              shape: [3, 2],
              data: { ...place(8, 6), prepacked: 'key|0;4;0' },
            },
          ],
          scales: { name: 'matrix.scales', type: ElementType.FLOAT, shape: [2], data: place(16, 8) },
        },
      ],
    ]),
  },
};

async function folderWith(bytes: number): Promise<string> {
  const folder = await scratch();
  await writeFile(join(folder, 'weights.bin'), new Uint8Array(bytes));
  await writeIndex(folder, 'int8', MODEL);
  return folder;
}

describe('the index of a compiled model', () => {
  it('comes back as it was saved, with files of the folder', async () => {
    const folder = await folderWith(24);
    const { tensors, matrices } = await readIndex(folder, 'int8');
    expect(matrices).toEqual(MODEL.matrices);
    expect([...tensors]).toEqual([['norm', { ...MODEL.tensors.get('norm'), file: join(folder, 'weights.bin') }]]);
  });

  it.each<[string, RegExp, (index: string) => string]>([
    ['of another form', /it is for int4/, (index) => index.replace('"form":"int8"', '"form":"int4"')],
    [
      'with a place behind the end',
      /weights\.bin is too short/,
      (index) => index.replace('"offset":16', '"offset":17'),
    ],
    ['with a place before the beginning', /too short/, (index) => index.replace('"offset":16', '"offset":-1')],
    ['without a place', /too short/, (index) => index.replace('"offset":16,', '')],
    ['with a file that is not there', /ENOENT/, (index) => index.replace('weights.bin', 'other.bin')],
    ['with an odd type', /the entry of matrix\.0 is odd/, (index) => index.replace('"type":3', '"type":99')],
    ['that is not JSON', /JSON/, (index) => index.slice(0, -2)],
    ['of nothing', /./, () => 'null'],
  ])('%s is refused', async (_, message, change) => {
    const folder = await folderWith(24);
    const path = join(folder, 'index.json');
    const index = await readFile(path, 'utf8');
    const changed = change(index);
    expect(changed).not.toBe(index);
    await writeFile(path, changed);
    await expect(readIndex(folder, 'int8')).rejects.toMatchObject({
      code: 'CACHE_FAILED',
      message: expect.stringMatching(message),
    });
  });

  it('of a file that has become shorter is refused', async () => {
    await expect(readIndex(await folderWith(23), 'int8')).rejects.toMatchObject({ code: 'CACHE_FAILED' });
  });
});
