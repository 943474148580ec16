import type { Command } from 'commander';
import { openCheckpoint } from '../../model/checkpoint.ts';
import { isEmbedder, openEmbedder } from '../../model/embedder.ts';
import { resolveModel } from '../../model/source.ts';
import { UsageError } from '../failure.ts';
import { type Io, writeOut } from '../io.ts';
import { loadProgress } from '../terminal/load-progress.ts';
import { ProgressLine } from '../terminal/progress-line.ts';
import { visible } from '../terminal/visible.ts';

interface PullFlags {
  readonly revision?: string;
  readonly cacheDir?: string;
  readonly quiet?: boolean;
}

export function addPull(program: Command, io: Io): void {
  program
    .command('pull')
    .summary("download a model to the Hub's cache")
    .description(
      "Downloads a model to the Hub's cache, which Python's huggingface_hub shares, and prints the directory it is in.\n" +
        'What has arrived of an interrupted download is kept. A token is taken from HF_TOKEN.',
    )
    .argument('<model>', 'repository of the Hub, owner/name')
    .option('--revision <revision>', 'branch, tag or commit (default: main)')
    .option('--cache-dir <folder>', 'another cache (default: HF_HUB_CACHE, else ~/.cache/huggingface/hub)')
    .option('-q, --quiet', 'no progress')
    .action((model: string, flags: PullFlags) => pull(model, flags, io));
}

async function pull(model: string, { revision, cacheDir, quiet }: PullFlags, io: Io): Promise<void> {
  const progress = new ProgressLine(io.stderr, quiet);
  try {
    progress.show({ label: `Looking for ${model}` });
    const onProgress = loadProgress(progress);
    const files = await resolveModel(model, { revision, cacheDir, onProgress, signal: io.signal });
    if (files.kind !== 'hub') throw new UsageError(`${model} is a directory of this machine; there is nothing to pull`);
    // Whoever pulls a model that cannot be run should hear of it now.
    if (await isEmbedder(files)) await openEmbedder(files, undefined);
    else await openCheckpoint(files);
    progress.clear();
    await writeOut(io.stdout, `${visible(files.directory)}\n`);
  } finally {
    progress.clear();
  }
}
