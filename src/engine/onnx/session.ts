import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OUTPUT } from '../../graph/output.ts';
import { type Feed, type Feeds, packMicroBatch } from '../../graph/pack.ts';
import { INPUT } from '../../graph/ragged-inputs.ts';
import type { Qwen3Config } from '../../model/config.ts';
import type { MicroBatch } from '../engine.ts';
import { type Device, NUMBERED_DEVICES } from './device.ts';
import type { LoadRequest } from './protocol.ts';
import type { SessionModel } from './session-model.ts';
import { sessionOptions } from './session-options.ts';

/** An ONNX Runtime session that computes micro-batches. Lives in the engine's worker: its calls block their thread. */
export class OnnxSession {
  readonly #session: InferenceSession;
  readonly #maxArea: number;
  #head: HeadFeed;

  private constructor(session: InferenceSession, maxArea: number, config: Qwen3Config) {
    this.#session = session;
    this.#maxArea = maxArea;
    this.#head = firstHead(config);
  }

  static async create({ bytes, weights }: SessionModel, device: Device, request: LoadRequest): Promise<OnnxSession> {
    const { deviceId, threads, attentionBudgetBytes, checkpoint } = request;
    const inFolder = typeof weights === 'string';
    const session = await InferenceSession.create(bytes, {
      ...sessionOptions(threads, inFolder ? { model_external_initializers_file_folder_path: weights } : {}),
      executionProviders: providersOf(device, deviceId),
      ...(inFolder ? {} : { externalData: Array.from(weights, ([path, data]) => ({ path, data })) }),
    });
    const { config } = checkpoint;
    const maxArea = Math.floor(attentionBudgetBytes / (config.heads * Float32Array.BYTES_PER_ELEMENT));
    return new OnnxSession(session, Math.max(1, maxArea), config);
  }

  /** What the last hidden states are multiplied with, float32 [hidden size]; zeros until then. Not for embedders. */
  set head(head: Float32Array) {
    this.#head = toHead(head);
  }

  async run(batch: MicroBatch): Promise<Float32Array> {
    const feeds = toTensors(packMicroBatch(batch, this.#maxArea));
    const outputs = await this.#session.run({ ...feeds, ...this.#head });
    const data = outputs[OUTPUT]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`The session gave no float32 output named ${OUTPUT}.`);
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

/** The input with the head; none for embedders. */
export type HeadFeed = Record<string, Tensor>;

export function toHead(head: Float32Array): HeadFeed {
  return { [INPUT.head]: new Tensor('float32', head, [1, head.length]) };
}

/** What a network is fed until its head is known. */
export function firstHead({ head, hiddenSize }: Qwen3Config): HeadFeed {
  return head === 'none' ? {} : toHead(new Float32Array(hiddenSize));
}

function toTensor({ data, dims }: Feed): Tensor {
  return data instanceof Int32Array ? new Tensor('int32', data, dims) : new Tensor('int64', data, dims);
}
