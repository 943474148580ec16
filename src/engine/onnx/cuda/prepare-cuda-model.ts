import { STORED_HALF } from '../../../compile/half-rows.ts';
import type { CompileTarget } from '../../../compile/target.ts';
import { pagedGraph } from '../../../graph/cuda/paged-graph.ts';
import { storedInt4 } from '../../../graph/cuda/stored-int4.ts';
import { isLinear, networkTensors } from '../../../model/network-tensors.ts';
import type { HandlerContext } from '../../../worker/serve.ts';
import { commonFolder } from '../common-folder.ts';
import { compiledModel } from '../compiled-model.ts';
import type { PreparedModel } from '../prepare-model.ts';
import type { EngineProgress, LoadRequest } from '../protocol.ts';
import type { SessionModel } from '../session-model.ts';
import type { CudaChoice } from './choose-cuda-dtype.ts';

/** Up to so many weights ONNX Runtime converts in less than a second while it makes the session. */
const FEW_WEIGHTS = 2 ** 27;

/**
 * The network for a GPU. Weights that are stored in the type that was chosen stay where they are; others are brought into
 * it once, and kept with the compiled models.
 */
export async function prepareCudaModel(
  request: LoadRequest,
  choice: CudaChoice,
  context: HandlerContext<EngineProgress>,
): Promise<PreparedModel> {
  const warnings: string[] = [];
  const target = targetOf(request, choice);
  if (target === undefined) {
    return { model: inPlace(request, choice), dtype: choice, warnings, release: async () => {} };
  }
  const obtained = await compiledModel(request, target, context, (message) => warnings.push(message));
  const { compiled, weights, release } = obtained;
  const folder = typeof weights === 'string' ? weights : '';
  const bytes = pagedGraph({
    ...compiled,
    config: request.checkpoint.config,
    positions: request.maxLength,
    folder,
    type: choice.half,
  });
  return { model: { bytes, weights }, dtype: choice, warnings, release };
}

/** What weights have to be compiled to; `undefined` if they are used as stored. */
export function targetOf(
  { checkpoint: { config, tensors, adapters } }: Pick<LoadRequest, 'checkpoint'>,
  { dtype }: CudaChoice,
): CompileTarget | undefined {
  if (dtype === 'int4') {
    const inPlace = config.quantization?.kind === 'int4-groups' && adapters.length === 0;
    return inPlace ? undefined : { form: 'int4', bits: 8, laidOut: false };
  }
  if (adapters.length > 0) return { form: dtype };
  let others = 0;
  for (const [name, shape] of networkTensors(config)) {
    const large = isLinear(name) || name === 'model.embed_tokens.weight';
    if (!large || tensors.get(name)?.dtype === STORED_HALF[dtype]) continue;
    others += shape.reduce((product, size) => product * size, 1);
  }
  return others > FEW_WEIGHTS ? { form: dtype } : undefined;
}

function inPlace({ checkpoint, maxLength }: LoadRequest, { dtype, half }: CudaChoice): SessionModel {
  const { config, tensors } = checkpoint;
  const folder = commonFolder([...tensors.values()]);
  const matrices = dtype === 'int4' ? storedInt4(config, tensors, folder) : undefined;
  return {
    bytes: pagedGraph({ config, tensors, folder, matrices, type: half, positions: maxLength }),
    weights: folder,
  };
}
