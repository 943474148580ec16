import { InferenceSession } from 'onnxruntime-node';
import { packPaged } from '../../../graph/cuda/paged-pack.ts';
import { OUTPUT } from '../../../graph/output.ts';
import type { Qwen3Config } from '../../../model/config.ts';
import type { MicroBatch } from '../../engine.ts';
import type { LoadRequest } from '../protocol.ts';
import { firstHead, type HeadFeed, toHead, toTensors } from '../session.ts';
import type { SessionModel } from '../session-model.ts';
import { HalvingRunner } from './halving.ts';

/** A session, or an error that says more than ONNX Runtime's own, which went to its log. */
async function createSession(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!message.includes('Failed to load shared library')) throw error;
    throw new Error(
      `${message}: ONNX Runtime could not load its CUDA provider. If something other than rerankit has used ` +
        'onnxruntime-node in this process before, load the model first, or link both ' +
        'libonnxruntime_providers_*.so beside the binding.',
    );
  }
}

/**
 * Run once while loading: a GPU that lacks a kernel (bf16 before the A100's generation, say) is refused then, not at the
 * first call, and the GPU's libraries are ready for that.
 */
const SMALLEST: MicroBatch = { prefixes: [Int32Array.of(0)], rows: [{ prefix: 0, tokens: Int32Array.of(0) }] };

/** A session that computes micro-batches on an NVIDIA GPU in 16 bits. */
export class CudaSession {
  readonly #session: InferenceSession;
  readonly #runner: HalvingRunner;
  #head: HeadFeed;

  private constructor(session: InferenceSession, config: Qwen3Config) {
    this.#session = session;
    this.#head = firstHead(config);
    this.#runner = new HalvingRunner((batch) => this.#once(batch, config));
  }

  /** `model` holds a graph for GPUs. */
  static async create({ bytes, weights }: SessionModel, request: LoadRequest): Promise<CudaSession> {
    const { checkpoint, deviceId } = request;
    const inFolder = typeof weights === 'string';
    const session = await createSession(bytes, {
      executionProviders: [{ name: 'cuda', deviceId }, 'cpu'],
      // All the work is the GPU's; the CPU converts a few weights while loading.
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
      // Shapes change with every run.
      enableMemPattern: false,
      extra: {
        session: {
          ...(inFolder ? { model_external_initializers_file_folder_path: weights } : {}),
          // Weights get what they need, and not the arena's next power of two.
          use_device_allocator_for_initializers: '1',
        },
      },
      ...(inFolder ? {} : { externalData: Array.from(weights, ([path, data]) => ({ path, data })) }),
    });
    const created = new CudaSession(session, checkpoint.config);
    try {
      await created.run(SMALLEST);
    } catch (error) {
      await session.release();
      throw error;
    }
    return created;
  }

  /** What the last hidden states are multiplied with, float32 [hidden size]; zeros until then. Not for embedders. */
  set head(head: Float32Array) {
    this.#head = toHead(head);
  }

  run(batch: MicroBatch): Promise<Float32Array> {
    return this.#runner.run(batch);
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  async #once(batch: MicroBatch, config: Qwen3Config): Promise<Float32Array> {
    const outputs = await this.#session.run({ ...toTensors(packPaged(batch, config)), ...this.#head });
    const data = outputs[OUTPUT]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`The session gave no float32 output named ${OUTPUT}.`);
    return data;
  }
}
