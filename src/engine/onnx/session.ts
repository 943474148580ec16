import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Feed, type Feeds, packMicroBatch } from '../../graph/pack.ts';
import { LOGITS } from '../../graph/qwen3.ts';
import { INPUT } from '../../graph/ragged-inputs.ts';
import type { MicroBatch } from '../engine.ts';
import { type Device, NUMBERED_DEVICES } from './device.ts';
import type { LoadRequest } from './protocol.ts';
import type { SessionModel } from './session-model.ts';
import { sessionOptions } from './session-options.ts';

/** An ONNX Runtime session that scores micro-batches. Lives in the engine's worker: its calls block their thread. */
export class OnnxSession {
  readonly #session: InferenceSession;
  readonly #maxArea: number;
  #head: Tensor;

  private constructor(session: InferenceSession, maxArea: number, hiddenSize: number) {
    this.#session = session;
    this.#maxArea = maxArea;
    this.#head = toHead(new Float32Array(hiddenSize));
  }

  static async create({ bytes, weights }: SessionModel, device: Device, request: LoadRequest): Promise<OnnxSession> {
    const { deviceId, threads, attentionBudgetBytes, checkpoint } = request;
    const inFolder = typeof weights === 'string';
    const session = await InferenceSession.create(bytes, {
      ...sessionOptions(threads, inFolder ? { model_external_initializers_file_folder_path: weights } : {}),
      executionProviders: providersOf(device, deviceId),
      ...(inFolder ? {} : { externalData: Array.from(weights, ([path, data]) => ({ path, data })) }),
    });
    const { heads, hiddenSize } = checkpoint.config;
    const maxArea = Math.floor(attentionBudgetBytes / (heads * Float32Array.BYTES_PER_ELEMENT));
    return new OnnxSession(session, Math.max(1, maxArea), hiddenSize);
  }

  /** What the last hidden states are multiplied with, float32 [hidden size]; zeros until then. */
  set head(head: Float32Array) {
    this.#head = toHead(head);
  }

  async run(batch: MicroBatch): Promise<Float32Array> {
    const feeds = toTensors(packMicroBatch(batch, this.#maxArea));
    const outputs = await this.#session.run({ ...feeds, [INPUT.head]: this.#head });
    const data = outputs[LOGITS]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`The session gave no float32 output named ${LOGITS}.`);
    return data;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** The CPU provider takes what another one leaves; providers refuse options they do not know. */
function providersOf(device: Device, deviceId: number): InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cpu') return ['cpu'];
  return [NUMBERED_DEVICES.includes(device) ? { name: device, deviceId } : device, 'cpu'];
}

export function toTensors(feeds: Feeds): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toTensor(feed)]));
}

export function toHead(head: Float32Array): Tensor {
  return new Tensor('float32', head, [1, head.length]);
}

function toTensor({ data, dims }: Feed): Tensor {
  return data instanceof Int32Array ? new Tensor('int32', data, dims) : new Tensor('int64', data, dims);
}
