import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { type Dataset, firstQueries, openBeir } from 'rerankit/eval';
import type { Options } from './options.ts';

/** A set of questions. */
export interface DevSet {
  /** Its path below the folder of sets, such as `docs/en`; the part before the slash is its group. */
  readonly name: string;
  readonly dataset: Dataset;
}

/** The sets in a folder and below, in the order of their names. */
export async function* openSets({ data, only, split, limit }: Options): AsyncGenerator<DevSet> {
  const files = await readdir(data, { recursive: true });
  const folders = files.filter((file) => file.split(sep).at(-1) === 'corpus.jsonl').map(dirname);
  if (folders.length === 0) throw new Error(`${data} has no folder with a corpus.jsonl`);
  for (const folder of folders.sort()) {
    const name = relative('.', folder).replaceAll(sep, '/') || 'all';
    if (!name.includes(only)) continue;
    const path = join(data, folder);
    const dataset = await openBeir(path, { split: split ?? (await defaultSplit(path)) });
    yield { name, dataset: limit === undefined ? dataset : firstQueries(dataset, limit) };
  }
}

async function defaultSplit(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'qrels'));
  return names.includes('dev.tsv') ? 'dev' : 'test';
}
