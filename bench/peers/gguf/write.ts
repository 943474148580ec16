import { type FileHandle, open } from 'node:fs/promises';
import type { Qwen3Config } from '../../../src/model/config.ts';
import { readTensorRows } from '../../../src/model/safetensors.ts';
import { DEFAULT_INSTRUCTION, SUFFIX, SYSTEM_TURN, userTurn } from '../../../src/prompt/template.ts';
import { readFloats } from '../read-floats.ts';
import type { Source } from '../source.ts';
import { locate } from '../source.ts';
import { encodeBlocks } from './blocks.ts';
import { encodeHeader, type GgmlTypeName, type GgufTensor, type GgufValue, padding } from './format.ts';
import { conversions } from './tensors.ts';
import { vocabulary } from './vocabulary.ts';

/** Type of the linear layers. */
export type GgufType = Exclude<GgmlTypeName, 'F32'>;

const FILE_TYPE: Readonly<Record<GgufType, number>> = { F16: 1, Q4_0: 2, Q8_0: 7 };
const RANK_POOLING = 4;

/**
 * Writes a reranker as a GGUF file that llama.cpp ranks with: the rows of `yes` and `no` become a classifier of the last
 * token, in that order, and the prompt is the template named `rerank`.
 */
export async function writeGguf(source: Source, type: GgufType, path: string): Promise<void> {
  const { config } = source;
  const classifier: GgufTensor = { name: 'cls.output.weight', type: 'F16', shape: [2, config.hiddenSize] };
  const tensors = conversions(config, type);
  const values = { ...metadata(config, type), ...(await vocabulary(source.tokenizer, config.vocabSize)) };
  await using file = await open(path, 'w');
  await file.writeFile(encodeHeader(values, [...tensors, classifier]));
  for (const tensor of tensors) {
    let written = 0;
    for await (const chunk of readFloats(locate(source, tensor.source))) {
      written += await write(file, encodeBlocks(tensor.type, chunk));
    }
    await file.writeFile(padding(written));
  }
  const rows = await readTensorRows(locate(source, source.headTensor), [source.yesId, source.noId]);
  const head = encodeBlocks(classifier.type, new Float32Array(rows));
  await file.writeFile(padding(await write(file, head)));
}

async function write(file: FileHandle, bytes: Uint8Array): Promise<number> {
  await file.writeFile(bytes);
  return bytes.length;
}

function metadata(config: Qwen3Config, type: GgufType): Record<string, GgufValue> {
  const u32 = (value: number): GgufValue => ({ type: 'u32', value });
  const f32 = (value: number): GgufValue => ({ type: 'f32', value });
  const string = (value: string): GgufValue => ({ type: 'string', value });
  const strings = (...value: string[]): GgufValue => ({ type: 'strings', value });
  return {
    'general.architecture': string('qwen3'),
    'general.name': string('rerankit bench'),
    'general.file_type': u32(FILE_TYPE[type]),
    'general.quantization_version': u32(2),
    'qwen3.block_count': u32(config.layers),
    'qwen3.context_length': u32(config.maxPositions),
    'qwen3.embedding_length': u32(config.hiddenSize),
    'qwen3.feed_forward_length': u32(config.intermediateSize),
    'qwen3.attention.head_count': u32(config.heads),
    'qwen3.attention.head_count_kv': u32(config.kvHeads),
    'qwen3.attention.key_length': u32(config.headDim),
    'qwen3.attention.value_length': u32(config.headDim),
    'qwen3.attention.layer_norm_rms_epsilon': f32(config.rmsNormEps),
    'qwen3.rope.freq_base': f32(config.ropeTheta),
    'qwen3.pooling_type': u32(RANK_POOLING),
    'qwen3.classifier.output_labels': strings('yes', 'no'),
    'tokenizer.chat_templates': strings('rerank'),
    'tokenizer.chat_template.rerank': string(
      `${SYSTEM_TURN}${userTurn(DEFAULT_INSTRUCTION, '{query}')} {document}${SUFFIX}`,
    ),
  };
}
