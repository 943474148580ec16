import { IdBuffer } from '../id-buffer.ts';
import type { EncodedText } from '../tokenizer.ts';
import { parseTextTokenizer, type TextDefinition } from './text-definition.ts';
import { type Window, windowsOf } from './windows.ts';

/** Half a surrogate pair. */
const LONE = /\p{Surrogate}/gu;

/**
 * The tokenizer of a cross-encoder: texts to ids, equal to those of the reference, except that text never becomes a control
 * token (`[SEP]`, `</s>`, `<mask>`, …): such words are encoded like any others.
 */
export class TextTokenizer {
  readonly definition: TextDefinition;

  /** Takes the parsed tokenizer.json and tokenizer_config.json of a checkpoint; throws as {@link parseTextTokenizer}. */
  constructor(tokenizerJson: unknown, tokenizerConfig: unknown) {
    this.definition = parseTextTokenizer(tokenizerJson, tokenizerConfig);
  }

  /**
   * Encodes text of users. Reads only as much of it as `maxTokens` needs. Lone surrogates count as U+FFFD.
   * @param maxTokens the most ids to return, at least 0. Default: no limit.
   */
  encodeText(text: string, maxTokens = Number.POSITIVE_INFINITY): EncodedText {
    const ids = new IdBuffer();
    for (const window of windowsOf(text, this.definition.parted)) {
      this.#encode(window, ids);
      // One id too many says that the text goes on.
      if (ids.length > maxTokens) return { ids: ids.toArray(Math.max(0, maxTokens)), truncated: true };
    }
    return { ids: ids.toArray(ids.length), truncated: false };
  }

  #encode({ text, start, end, continues }: Window, out: IdBuffer): void {
    const { rawTokens, normalizedTokens, normalize, preTokenizing, model } = this.definition;
    let place = { start, fresh: !continues };
    const sections = rawTokens.sections(text.replace(LONE, '\ufffd'));
    for (const [at, section] of sections.entries()) {
      if (typeof section === 'number') {
        out.push(section);
        place = { start: false, fresh: true };
        continue;
      }
      // Each section between tokens is normalised as if it were a text.
      const normal = normalize(section, { start: start || at > 0, end: end || at < sections.length - 1 });
      for (const part of normalizedTokens.sections(normal)) {
        if (typeof part === 'number') out.push(part);
        else {
          const stretches = preTokenizing.split({ text: part, fresh: place.fresh, first: place.start });
          for (const { text: word } of stretches) model.encode(word, out);
        }
        place = { start: false, fresh: true };
      }
    }
  }
}
