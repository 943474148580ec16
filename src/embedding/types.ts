import type { Pooling } from '../model/embedder.ts';
import type { CompileOptions, NetworkInfo, NetworkOptions, Usage } from '../types.ts';

/** How to load an embedding model. */
export interface EmbedderOptions extends NetworkOptions {
  /**
   * How the model makes a vector: it is the last token's hidden state. Needed for models whose files do not say that they
   * embed, such as a fine-tuned language model that was saved without the files of the sentence-transformers library.
   * @default what the model's files say
   */
  readonly pooling?: Pooling | undefined;
  /**
   * Instruction of queries that are given none: what to retrieve, in a sentence. English works best, for other languages too.
   * @default the query prompt that the model's `config_sentence_transformers.json` has, else
   * "Given a web search query, retrieve relevant passages that answer the query"
   */
  readonly instruction?: string | undefined;
  /** See {@link EmbedOptions.dimensions}. @default the model's hidden size */
  readonly dimensions?: number | undefined;
}

/** How to write a smaller copy of an embedding model. */
export interface EmbedderCompileOptions extends Omit<CompileOptions, 'adapters'> {
  /** See {@link EmbedderOptions.pooling}. @default what the model's files say */
  readonly pooling?: Pooling | undefined;
}

/** How to run a call. */
export interface EmbedOptions {
  /**
   * Numbers of a vector: its first so many, normalised again (Matryoshka). From 1 to the model's hidden size; the family is
   * trained for 32 and more.
   * @default that of `load`
   */
  readonly dimensions?: number | undefined;
  /** Takes the call out of the queue: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Calls of higher priority go first. Any finite number. @default 0 */
  readonly priority?: number | undefined;
}

/** How to embed a query. */
export interface EmbedQueryOptions extends EmbedOptions {
  /** What to retrieve, in a sentence. @default that of `load` */
  readonly instruction?: string | undefined;
}

/** How to embed documents. */
export interface EmbedDocumentsOptions<D> extends EmbedOptions {
  /** The text of a document. Needed where documents are not strings. */
  readonly text?: ((document: D, index: number) => string) | undefined;
  /** Told after each run that embedded documents of the call. What it throws rejects the call; it is not awaited. */
  readonly onProgress?: ((progress: EmbedProgress) => void) | undefined;
}

/** How to embed documents that are not strings. */
export interface EmbedObjectsOptions<D> extends EmbedDocumentsOptions<D> {
  readonly text: (document: D, index: number) => string;
}

/** How far a call is. */
export interface EmbedProgress {
  /** Documents that have been embedded. */
  readonly embedded: number;
  /** Documents of the call. */
  readonly total: number;
}

/** What `embedQuery` gives. */
export interface QueryEmbedding {
  /** Of length 1: the inner product of two vectors is the cosine of their angle. */
  readonly embedding: Float32Array;
  /** Whether the query was too long and lost its tail. */
  readonly truncated: boolean;
  readonly usage: Usage;
}

/** What `embedDocuments` gives. */
export interface DocumentEmbeddings {
  /** One vector of length 1 a document, in the order of the input, each with memory of its own. */
  readonly embeddings: Float32Array[];
  /** One a document: whether it was too long and lost its tail. */
  readonly truncated: boolean[];
  readonly usage: Usage;
}

/** What was loaded, and where it runs. */
export interface EmbedderInfo extends NetworkInfo {
  /** Numbers of a vector, unless a call says otherwise. */
  readonly dimensions: number;
  /** The most numbers that a vector can have: the model's hidden size. */
  readonly maxDimensions: number;
  /** What goes before a query that is given no instruction. */
  readonly queryPrompt: string;
  /** What goes before a document; empty for Qwen3-Embedding. */
  readonly documentPrompt: string;
}
