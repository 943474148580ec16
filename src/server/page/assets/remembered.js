/** What the visitor chose, kept in this browser. One that keeps nothing (a private window) only forgets it. */

/** @param {'theme' | 'language'} name */
export function recall(name) {
  try {
    return localStorage.getItem(`rerankit-${name}`);
  } catch {
    return null;
  }
}

/**
 * @param {'theme' | 'language'} name
 * @param {string | undefined} value `undefined` forgets it
 */
export function remember(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(`rerankit-${name}`);
    else localStorage.setItem(`rerankit-${name}`, value);
  } catch {
    // See above.
  }
}
