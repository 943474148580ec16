import { join } from 'node:path';
import { type CandidateList, type DatasetDocument, rerankLists, type System } from '../../eval/index.ts';
import { packageVersion } from '../../package-version.ts';
import type { RerankFunction } from '../../pipeline/index.ts';
import { Reranker } from '../../reranker.ts';
import type { LoadOptions, RerankerInfo } from '../../types.ts';
import { modelName } from '../options.ts';
import { count } from '../terminal/amounts.ts';
import { loadProgress } from '../terminal/load-progress.ts';
import type { ProgressLine } from '../terminal/progress-line.ts';
import type { Configuration } from './configurations.ts';
import { weightsIdentity } from './weights-identity.ts';

/** How to rerank. */
export interface RerankAllOptions {
  readonly load: LoadOptions;
  /** Folder of results, if they are to be kept. */
  readonly folder: string | undefined;
  readonly progress: ProgressLine;
  readonly signal: AbortSignal;
}

/** A configuration, and what it made of the lists. */
export interface RerankedSystem extends System {
  readonly configuration: Configuration;
  /** What was loaded: its dtype and device may have been chosen by the library. */
  readonly info: RerankerInfo;
}

/** Reranks the lists with each configuration; a model is loaded once for neighbours that differ in instruction or window only. */
export async function rerankAll(
  lists: readonly CandidateList[],
  configurations: readonly Configuration[],
  options: RerankAllOptions,
): Promise<RerankedSystem[]> {
  const systems: RerankedSystem[] = [];
  let loaded: { readonly key: string; readonly reranker: Reranker } | undefined;
  try {
    for (const configuration of configurations) {
      const key = JSON.stringify([configuration.model, configuration.dtype]);
      if (loaded?.key !== key) {
        await loaded?.reranker.dispose();
        loaded = undefined;
        loaded = { key, reranker: await load(configuration, options) };
      }
      systems.push(await rerankWith(loaded.reranker, lists, configuration, options));
    }
    return systems;
  } finally {
    await loaded?.reranker.dispose();
  }
}

function load({ model, dtype }: Configuration, { load, progress, signal }: RerankAllOptions): Promise<Reranker> {
  return Reranker.load(modelName(model), { ...load, dtype, onProgress: loadProgress(progress), signal });
}

async function rerankWith(
  reranker: Reranker,
  lists: readonly CandidateList[],
  configuration: Configuration,
  { folder, progress, signal }: RerankAllOptions,
): Promise<RerankedSystem> {
  const { name, fileName, instruction, window } = configuration;
  const { info } = reranker;
  const rerank: RerankFunction<DatasetDocument> = (query, documents, how) =>
    reranker.rerank(query, documents, { ...how, longDocuments: window === undefined ? 'truncate' : { window } });
  const { run, milliseconds } = await rerankLists(lists, rerank, {
    instruction,
    file: folder && join(folder, `${fileName}.jsonl`),
    identity: { ...(await identityOf(info)), window: String(window) },
    onProgress: ({ done, total }) =>
      progress.show({ label: name, part: done / total, detail: `${done} of ${count(total, 'query', 'queries')}` }),
    signal,
  });
  return { name, run, milliseconds, configuration, info };
}

/** All that scores and times depend on, as far as it can be told. */
async function identityOf(info: RerankerInfo): Promise<Record<string, string>> {
  const { model, source, revision, dtype, device, maxLength, onnxFile } = info;
  return {
    rerankit: packageVersion(),
    model,
    weights: source === 'directory' ? await weightsIdentity(model) : (revision ?? ''),
    dtype: String(dtype),
    device: String(device),
    maxLength: String(maxLength),
    onnxFile: onnxFile ?? '',
  };
}
