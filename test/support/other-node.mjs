import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Path of the binary of another version of Node, from the registry, in a folder; undefined, and a message, where it cannot be had. */
export function otherNode(version, folder) {
  const name = `node-${process.platform}-${process.arch}`;
  const target = join(folder, `node-${version}`);
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', target, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const bin = join(target, 'node_modules', name, 'bin');
    return join(bin, readdirSync(bin).find((file) => /^node(\.exe)?$/.test(file)) ?? 'node');
  } catch (error) {
    const [reason] = error.message.split('\n');
    console.log(`NOT TESTED on Node ${version}: ${name}@${version} could not be installed (${reason})`);
    return undefined;
  }
}
