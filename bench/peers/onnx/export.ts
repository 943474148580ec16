import { copyFile, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ElementType, type Tensor } from '../../../src/graph/onnx-proto.ts';
import { networkTensors } from '../../../src/model/network-tensors.ts';
import { readFloats } from '../read-floats.ts';
import { locate, type Source } from '../source.ts';
import { type ExportOutput, exportGraph } from './export-graph.ts';

/** The names that transformers.js looks for. */
const GRAPH = 'model.onnx';
const DATA = 'model.onnx_data';
/** Positions of the rotary tables: more than any workload has. */
const MOST_POSITIONS = 8192;

/** Writes a folder that transformers.js loads in float32: as a causal language model, or for the extraction of features. */
export async function exportOnnx(source: Source, output: ExportOutput, folder: string): Promise<void> {
  const { config } = source;
  const onnx = join(folder, 'onnx');
  await mkdir(onnx, { recursive: true });
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(join(source.folder, file), join(folder, file));
  }
  await writeFile(join(folder, 'generation_config.json'), '{}');

  const weights = new Map<string, Tensor>();
  let offset = 0;
  {
    await using data = await open(join(onnx, DATA), 'w');
    for (const [name, shape] of networkTensors(config)) {
      const start = offset;
      for await (const chunk of readFloats(locate(source, name))) {
        await data.writeFile(new Uint8Array(chunk.buffer));
        offset += chunk.byteLength;
      }
      const place = { file: DATA, offset: start, byteLength: offset - start };
      weights.set(name, { name, type: ElementType.FLOAT, shape, data: place });
    }
  }
  const find = (name: string): Tensor => {
    const tensor = weights.get(name);
    if (tensor === undefined) throw new Error(`The export has no ${name}`);
    return tensor;
  };
  const graph = exportGraph(config, { output, positions: Math.min(MOST_POSITIONS, config.maxPositions), weight: find });
  await writeFile(join(onnx, GRAPH), graph);
}
