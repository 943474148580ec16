/** A document, and where it was found. */
export interface SourceDocument {
  readonly text: string;
  /** Path as the user would name it, or `stdin`. */
  readonly source: string;
  /** Line at which it begins, counted from 1. */
  readonly line: number;
  /** The whole record it is a field of, for JSON Lines. */
  readonly record?: unknown;
}
