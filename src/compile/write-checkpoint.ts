import { copyFile, type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PackedForm } from '../graph/packed-matrices.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { headOf } from '../model/config-support.ts';
import { readJsonObject } from '../model/json-file.ts';
import { FILE, MARKERS } from '../model/model-files.ts';
import { type CheckpointTensor, checkpointTensors } from './checkpoint-tensors.ts';
import { INT4_BLOCK } from './quantize-int4.ts';

/** As the sentence-transformers library writes it. */
const LAST_TOKEN_POOLING = { pooling_mode_lasttoken: true, include_prompt: true };

/** Headers are padded to this, so that what follows is aligned. */
const HEADER_ALIGNMENT = 8;

/** What a config says once an adapter has made a classifier of a language model. */
const CLASSIFIER = {
  architectures: ['Qwen3ForSequenceClassification'],
  id2label: { 0: 'LABEL_0' },
  label2id: { LABEL_0: 0 },
};

export interface WriteCheckpointOptions {
  readonly checkpoint: Checkpoint;
  /** An empty folder. */
  readonly folder: string;
  readonly form: PackedForm;
  /** Called before each tensor, and at the end. Throws to give up. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Writes a checkpoint with quantized matrices, tensor by tensor, in the form of the library compressed-tensors.
 * @returns bytes of the weights
 */
export async function writeCheckpoint({
  checkpoint,
  folder,
  form,
  onProgress,
}: WriteCheckpointOptions): Promise<number> {
  const { files, config } = checkpoint;
  const original = await readJsonObject(files.config);
  const isClassifier = config.head === 'sequence-classification';
  const becameOne = isClassifier && headOf(original, files.config, 'reranker') !== config.head;
  const quantized = { ...original, ...(becameOne && CLASSIFIER), quantization_config: quantizationConfig(form) };
  await writeFile(join(folder, FILE.config), `${JSON.stringify(quantized, undefined, 2)}\n`);
  await copyFile(files.tokenizer, join(folder, FILE.tokenizer));
  if (files.tokenizerConfig) await copyFile(files.tokenizerConfig, join(folder, FILE.tokenizerConfig));
  await writeMarkers(checkpoint, folder);

  const file = await open(join(folder, FILE.weights), 'wx');
  try {
    const bytes = await writeTensors(file, checkpointTensors(checkpoint, form), onProgress);
    await file.datasync();
    return bytes;
  } finally {
    await file.close();
  }
}

/** What tells embedding models and rerankers apart. An embedding model that does not say how it pools does so now. */
async function writeMarkers({ files: { markers }, headTensor }: Checkpoint, folder: string): Promise<void> {
  for (const key of MARKERS) {
    const source = markers[key];
    const pools = key === 'pooling' && headTensor === undefined;
    if (source === undefined && !pools) continue;
    const target = join(folder, FILE[key]);
    await mkdir(dirname(target), { recursive: true });
    if (source === undefined) await writeFile(target, JSON.stringify(LAST_TOKEN_POOLING));
    else await copyFile(source, target);
  }
}

async function writeTensors(
  file: FileHandle,
  tensors: readonly CheckpointTensor[],
  onProgress: WriteCheckpointOptions['onProgress'],
): Promise<number> {
  const parts = tensors.flatMap(({ parts }) => parts);
  let end = 0;
  const entries = parts.map(({ name, dtype, shape, byteLength }) => {
    const start = end;
    end += byteLength;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await append(file, length);
  await append(file, header);
  let done = 0;
  for (const { parts, read } of tensors) {
    onProgress(done, end);
    let written = 0;
    for await (const bytes of read()) {
      await append(file, bytes);
      written += bytes.length;
    }
    const expected = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (written !== expected) throw new Error(`${parts[0]?.name} came to ${written} bytes instead of ${expected}.`);
    done += written;
  }
  onProgress(end, end);
  return end;
}

async function append(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

/** What the library compressed-tensors says of such weights. */
function quantizationConfig(form: PackedForm): object {
  const common = { type: 'int', symmetric: true, dynamic: false };
  const weights =
    form === 'int8'
      ? { ...common, num_bits: 8, strategy: 'channel' }
      : { ...common, num_bits: 4, strategy: 'group', group_size: INT4_BLOCK };
  return {
    quant_method: 'compressed-tensors',
    format: form === 'int8' ? 'int-quantized' : 'pack-quantized',
    quantization_status: 'compressed',
    config_groups: { group_0: { targets: ['Linear'], weights, input_activations: null, output_activations: null } },
    ignore: ['lm_head', 'score'],
  };
}
