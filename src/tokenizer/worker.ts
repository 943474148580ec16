import { readJson, readJsonBytes } from '../model/json-file.ts';
import { type SplitPassages, splitPart } from '../passages/split-part.ts';
import { EmbeddingEncoder } from '../prompt/embedding.ts';
import { type EncodedDocument, PromptEncoder } from '../prompt/encode.ts';
import { PairEncoder } from '../prompt/pair.ts';
import { serve } from '../worker/serve.ts';
import type {
  EncodeRequest,
  EncodeResponse,
  EncodeTextsRequest,
  LoadPairsResponse,
  LoadRequest,
  LoadResponse,
  LoadTextsResponse,
  SplitRequest,
  TokenizerMethods,
} from './protocol.ts';
import { TextTokenizer } from './text/text-tokenizer.ts';
import { createTokenizerFrom } from './tokenizer.ts';

/** The inside of the tokenizer's thread: text in, prompt tokens out. */

let encoder: PromptEncoder | PairEncoder | undefined;
let embedding: EmbeddingEncoder | undefined;

async function load({ tokenizer, tokenizerConfig }: LoadRequest): Promise<LoadResponse> {
  const config = await readConfig(tokenizerConfig);
  const prompts = new PromptEncoder(createTokenizerFrom(await readJsonBytes(tokenizer), tokenizer, config));
  encoder = prompts;
  const { yesId, noId, largestId } = prompts;
  return { yesId, noId, largestId };
}

async function loadPairs({ tokenizer, tokenizerConfig }: LoadRequest): Promise<LoadPairsResponse> {
  const config = await readConfig(tokenizerConfig);
  const pairs = new PairEncoder(new TextTokenizer(await readJson(tokenizer), config));
  encoder = pairs;
  const { largestId, padId, types } = pairs;
  return { largestId, padId, types };
}

async function loadTexts({ tokenizer, tokenizerConfig }: LoadRequest): Promise<LoadTextsResponse> {
  const config = await readConfig(tokenizerConfig);
  embedding = new EmbeddingEncoder(createTokenizerFrom(await readJsonBytes(tokenizer), tokenizer, config));
  return { largestId: embedding.largestId };
}

async function readConfig(path: string | undefined): Promise<unknown> {
  return path === undefined ? undefined : readJson(path);
}

function loaded(): PromptEncoder | PairEncoder {
  if (encoder === undefined) throw new Error('The tokenizer is not loaded.');
  return encoder;
}

async function encode({ instruction, query, documents, maxLength }: EncodeRequest): Promise<EncodeResponse> {
  const known = loaded();
  const prefix = known.encodePrefix({ instruction, query, maxLength });
  return packed(
    prefix,
    documents.map((document) => known.encodeDocument(document, maxLength - prefix.length)),
  );
}

async function encodeTexts({ prompt, texts, maxLength }: EncodeTextsRequest): Promise<EncodeResponse> {
  if (embedding === undefined) throw new Error('The tokenizer is not loaded.');
  const known = embedding;
  const encoded = known.encodePrompt(prompt, maxLength);
  const { prefix } = encoded;
  return packed(
    prefix,
    texts.map((text) => known.encodeText(text, encoded, maxLength - prefix.length)),
  );
}

function packed(prefix: Int32Array, encoded: readonly EncodedDocument[]): EncodeResponse {
  const lengths = Int32Array.from(encoded, ({ tokens }) => tokens.length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const document of encoded) {
    tokens.set(document.tokens, at);
    at += document.tokens.length;
  }
  // A copy: the encoder remembers the prefix.
  return {
    prefix: prefix.slice(),
    tokens,
    lengths,
    truncated: Uint8Array.from(encoded, (document) => Number(document.truncated)),
  };
}

async function split(request: SplitRequest): Promise<SplitPassages[]> {
  const { instruction, query, maxLength, overlap, parts, firstOnly } = request;
  const known = loaded();
  const prefix = known.encodePrefix({ instruction, query, maxLength });
  const window = Math.min(request.window, known.documentRoom(maxLength - prefix.length));
  const count = (text: string, atMost: number) => known.countDocument(text, atMost);
  return parts.map((part) => splitPart(part, { window, overlap, count, firstOnly }));
}

serve<TokenizerMethods>({ load, loadPairs, loadTexts, encode, encodeTexts, split });
