import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from './problem.ts';

/** The keys that a service accepts. */
export class ApiKeys {
  readonly #digests: readonly Buffer[];

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest);
  }

  /** Whether requests need a key at all. */
  get required(): boolean {
    return this.#digests.length > 0;
  }

  /**
   * Throws a 401 unless the request may pass: a key that is sent must be right everywhere, and one must be sent unless
   * the place is open to all. How long that takes depends on no key.
   */
  check(authorization: string | null, open: boolean): void {
    if (!this.required || (authorization === null && open)) return;
    const given = digest(/^bearer +(.+)$/i.exec(authorization ?? '')?.[1]?.trim() ?? '');
    let matches = 0;
    for (const known of this.#digests) matches += Number(timingSafeEqual(known, given));
    if (matches > 0) return;
    const what = authorization === null ? 'This server wants an API key' : 'The API key is not one of this server';
    throw new Problem(401, `${what}: send the header "authorization: Bearer KEY".`);
  }
}

/** Digests are of one length, which `timingSafeEqual` needs, and tell nothing of the keys'. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
