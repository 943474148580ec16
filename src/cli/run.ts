import { Command } from 'commander';
import { packageVersion } from '../package-version.ts';
import { addBench } from './commands/bench.ts';
import { addCompile } from './commands/compile.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEval } from './commands/eval.ts';
import { addPull } from './commands/pull.ts';
import { addRank } from './commands/rank.ts';
import { addServe } from './commands/serve.ts';
import { EXIT, reportFailure } from './failure.ts';
import type { Io } from './io.ts';
import { oneLine } from './terminal/visible.ts';

const EXAMPLES = `
Examples:
  rerankit rank "how to undo the last commit" notes.txt
  rerankit rank "memory limit in a container" docs/ --top 5
  jq -c '.[]' articles.json | rerankit rank "free tier" - --field body --json
  rerankit pull Qwen/Qwen3-Reranker-0.6B
  rerankit eval my-data/ --model embedded --model Qwen/Qwen3-Reranker-0.6B
  rerankit serve --port 8080
  rerankit doctor

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.`;

/** Runs the command with its arguments, says on stderr what went wrong, and resolves to the exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    const program = createProgram(io);
    if (args.length === 0) {
      io.stderr.write(`${program.helpInformation()}${EXAMPLES}\n`);
      return EXIT.usage;
    }
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // What fails because of the end is no news.
    return reportFailure(io.signal.aborted ? io.signal.reason : error, io);
  }
}

function createProgram(io: Io): Command {
  const program = new Command('rerankit')
    .description('Ranks texts by their relevance to a query with Qwen3-Reranker, on this machine.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(io.stdout.columns || 100, 120) })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // Its first word is "error:", and a suggestion follows in a line of its own.
      outputError: (text, write) => write(`rerankit: INVALID_OPTION: ${oneLine(text).replace(/^error: /, '')}\n`),
    })
    .addHelpText('after', EXAMPLES);
  for (const add of [addRank, addEval, addServe, addPull, addCompile, addBench, addDoctor]) add(program, io);
  return program;
}
