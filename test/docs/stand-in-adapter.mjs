// Writes small adapters for the examples, to the folders that they name: what a training run would have left there.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODEL = new URL('../../models/default/config.json', import.meta.url);
const {
  num_hidden_layers: layers,
  hidden_size: inputs,
  num_attention_heads: heads,
  head_dim: headDim,
} = JSON.parse(readFileSync(MODEL, 'utf8'));

for (const folder of ['./legal-adapter', './german-adapter']) {
  const shapes = {};
  for (let layer = 0; layer < layers; layer++) {
    const module = `base_model.model.model.layers.${layer}.self_attn.q_proj`;
    shapes[`${module}.lora_A.weight`] = [1, inputs];
    shapes[`${module}.lora_B.weight`] = [heads * headDim, 1];
  }
  let end = 0;
  const header = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const start = end;
    end += 4 * shape[0] * shape[1];
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const values = new Float32Array(end / 4).fill(0.01);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'adapter_model.safetensors'),
    Buffer.concat([length, json, new Uint8Array(values.buffer)]),
  );
  const config = { peft_type: 'LORA', r: 1, lora_alpha: 2, target_modules: ['q_proj'], bias: 'none' };
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
}
