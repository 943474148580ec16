#!/usr/bin/env node
import { Interrupt } from './interrupt.ts';
import { run } from './run.ts';
import { oneLine } from './terminal/visible.ts';

const interrupt = new Interrupt();

// `rerankit … | head`: whoever reads has had enough, which is no failure.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') interrupt.stop('nobody reads its output', 0);
    else throw error;
  });
}

// In the words of this command, and without those of Node that its user can do nothing about.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  if (name === 'RerankitWarning') process.stderr.write(`rerankit: warning: ${oneLine(message)}\n`);
});

const { stdin, stdout, stderr, env } = process;
const { signal, allowCleanUp } = interrupt;
const exitCode = await interrupt.waitFor(
  run(process.argv.slice(2), { stdin, stdout, stderr, env, signal, allowCleanUp }),
);
if (signal.aborted) await interrupt.exit(exitCode);
process.exitCode = exitCode;
