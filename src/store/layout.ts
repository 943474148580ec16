import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { OWNER_MARK, ownerMark } from '../files/owner.ts';

/**
 * ```
 * <folder>/compiled/            0700: whoever can write here decides what is loaded
 *   entries/<key>/              whole entries only: manifest.json and the files it names
 *   building/<key>.<owner>.<n>  entries in the making, and those being removed
 *   locks/<key>.lock            held while an entry is built, replaced or removed
 *   uses/<key>.<owner>.<n>      one empty file for each use of an entry
 * ```
 */
export class StoreLayout {
  readonly root: string;
  readonly entries: string;
  readonly building: string;
  readonly locks: string;
  readonly uses: string;

  /** @param folder the cache folder, which may hold other things too */
  constructor(folder: string) {
    this.root = join(folder, 'compiled');
    this.entries = join(this.root, 'entries');
    this.building = join(this.root, 'building');
    this.locks = join(this.root, 'locks');
    this.uses = join(this.root, 'uses');
  }

  entry(key: string): string {
    return join(this.entries, key);
  }

  lock(key: string): string {
    return join(this.locks, `${key}.lock`);
  }

  /** A name in `building` that nobody else has. */
  temporary(key: string): string {
    return join(this.building, ownedName(key));
  }

  /** A name in `uses` that nobody else has. */
  use(key: string): string {
    return join(this.uses, ownedName(key));
  }
}

function ownedName(key: string): string {
  return `${key}.${ownerMark()}.${randomUUID().slice(0, 8)}`;
}

/** Reads a name in `building` or `uses`; `undefined` for what the store has not put there. */
export function parseOwnedName(name: string): { readonly key: string; readonly owner: string } | undefined {
  const [key = '', owner = '', number = '', ...rest] = name.split('.');
  const ours = /^[0-9a-f]{64}$/.test(key) && OWNER_MARK.exec(owner)?.[0] === owner && /^[0-9a-f]{8}$/.test(number);
  return ours && rest.length === 0 ? { key, owner } : undefined;
}
