import { type Command, Option } from 'commander';
import { compile } from '../../compile-model.ts';
import type { CompileOptions } from '../../types.ts';
import { type Io, writeOut } from '../io.ts';
import { adapterOption, modelName } from '../options.ts';
import { bytes } from '../terminal/amounts.ts';
import { loadProgress } from '../terminal/load-progress.ts';
import { ProgressLine } from '../terminal/progress-line.ts';
import { visible } from '../terminal/visible.ts';

interface CompileFlags {
  readonly dtype: NonNullable<CompileOptions['dtype']>;
  readonly revision?: string;
  readonly adapter?: CompileOptions['adapters'];
  readonly quiet?: boolean;
}

export function addCompile(program: Command, io: Io): void {
  program
    .command('compile')
    .summary('write a smaller copy of a model to ship')
    .description(
      'Writes a copy of a model with its linear layers in 8 or 4 bits, which loads on any machine, and prints its directory.',
    )
    .argument('<model>', 'repository of the Hub (owner/name), directory, or embedded')
    .argument('<dir>', 'folder to write; must not exist, or be empty')
    .addOption(new Option('--dtype <dtype>', 'numeric type of the weights').choices(['int8', 'int4']).default('int8'))
    .option('--revision <revision>', "branch, tag or commit of the Hub's repository")
    .addOption(adapterOption())
    .option('-q, --quiet', 'no progress, no summary')
    .action((model: string, folder: string, flags: CompileFlags) => run(model, folder, flags, io));
}

async function run(model: string, folder: string, flags: CompileFlags, io: Io): Promise<void> {
  const progress = new ProgressLine(io.stderr, flags.quiet);
  try {
    const written = await compile(modelName(model), folder, {
      dtype: flags.dtype,
      revision: flags.revision,
      adapters: flags.adapter,
      onProgress: loadProgress(progress),
      signal: io.signal,
    });
    progress.clear();
    await writeOut(io.stdout, `${visible(written.folder)}\n`);
    if (!flags.quiet && io.stderr.isTTY === true) {
      io.stderr.write(`rerankit: ${written.dtype} weights, ${bytes(written.weightBytes)}\n`);
    }
  } finally {
    progress.clear();
  }
}
