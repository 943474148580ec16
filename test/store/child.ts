import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CompiledStore } from '../../src/store/index.ts';

/** A process that obtains one entry: `child.mjs <folder> <key> <log> <mode>`. Appends a line to the log for each build. */
const [folder = '', key = '', log = '', mode = ''] = process.argv.slice(2);
try {
  const store = new CompiledStore({ folder });
  const { built } = await store.obtain(key, async (entry) => {
    appendFileSync(log, 'built\n');
    const file = await entry.create('weights.bin');
    for (let part = 0; part < 20; part++) {
      await file.write(new Uint8Array(100_000).fill(part));
      await delay(10);
      if (mode === 'die' && part === 10) process.kill(process.pid, 'SIGKILL');
    }
    return undefined;
  });
  process.stdout.write(JSON.stringify({ built }));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(JSON.stringify({ code, message }));
}
