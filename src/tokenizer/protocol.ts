/** What the tokenizer's worker is asked. */
export interface TokenizerMethods {
  readonly load: { readonly request: LoadRequest; readonly response: LoadResponse };
  readonly encode: { readonly request: EncodeRequest; readonly response: EncodeResponse };
}

export interface LoadRequest {
  /** Paths of the tokenizer's files. */
  readonly tokenizer: string;
  readonly tokenizerConfig: string | undefined;
}

export interface LoadResponse {
  /** Ids of the two answers. */
  readonly yesId: number;
  readonly noId: number;
  /** The largest id that a prompt can hold. */
  readonly largestId: number;
}

/** Some documents of one query. */
export interface EncodeRequest {
  readonly instruction: string;
  readonly query: string;
  readonly documents: readonly string[];
  /** Most tokens of a whole prompt. */
  readonly maxLength: number;
}

export interface EncodeResponse {
  readonly prefix: Int32Array;
  /** The documents' tokens (each with the prompt's suffix), one after the other. */
  readonly tokens: Int32Array;
  /** How many of `tokens` each document has. */
  readonly lengths: Int32Array;
  /** 1 where a document's tail was dropped. */
  readonly truncated: Uint8Array;
}
