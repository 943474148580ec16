import type { SplitPart, SplitPassages } from '../passages/split-part.ts';
import type { Windows } from '../passages/split-passages.ts';

/** What the tokenizer's worker is asked. */
export interface TokenizerMethods {
  /** Prepares for the prompts of Qwen3-Reranker. */
  readonly load: { readonly request: LoadRequest; readonly response: LoadResponse };
  /** Prepares for the pairs of a cross-encoder. */
  readonly loadPairs: { readonly request: LoadRequest; readonly response: LoadPairsResponse };
  readonly encode: { readonly request: EncodeRequest; readonly response: EncodeResponse };
  readonly split: { readonly request: SplitRequest; readonly response: readonly SplitPassages[] };
  /** Prepares for texts that are embedded. */
  readonly loadTexts: { readonly request: LoadRequest; readonly response: LoadTextsResponse };
  readonly encodeTexts: { readonly request: EncodeTextsRequest; readonly response: EncodeResponse };
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

export interface LoadPairsResponse {
  /** The largest id that a pair can hold. */
  readonly largestId: number;
  /** The id of the padding token, if the tokenizer names one. */
  readonly padId: number | undefined;
  /** The `token_type_ids` of a pair's prefix and of its row. */
  readonly types: { readonly prefix: number; readonly row: number };
}

export interface LoadTextsResponse {
  /** The largest id that a text can become. */
  readonly largestId: number;
}

/** Some texts to be embedded. */
export interface EncodeTextsRequest {
  /** What goes before each text; may be empty. */
  readonly prompt: string;
  readonly texts: readonly string[];
  /** Most tokens of prompt and text with what ends them. */
  readonly maxLength: number;
}

/** Some documents of one query. */
export interface EncodeRequest {
  /** Pairs have none. */
  readonly instruction: string | undefined;
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

/** Texts to be split into passages that fit into a prompt with instruction and query. */
export interface SplitRequest extends Windows, Omit<EncodeRequest, 'documents'> {
  readonly parts: readonly SplitPart[];
  /** Whether only the first passage of each part is wanted. */
  readonly firstOnly: boolean;
}
