import { lowercase, normalizeForm } from './unicode-forms.ts';

export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly handleChineseCharacters: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** Control, format and private-use characters, and U+FFFD; tab and line ends are white space. */
const DROPPED = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu;
const SPACE = /\p{White_Space}/gu;
/** The blocks that BERT calls Chinese characters. One of them begins late in the reference, and so it does here. */
const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const ACCENT = /\p{Mn}/gu;

/** BERT's normaliser: drops control characters, parts ideographs from their neighbours, drops accents and case. */
export function bertNormalizer(options: BertNormalizerOptions): (text: string) => string {
  return (text) => {
    let result = text;
    if (options.cleanText) result = result.replace(DROPPED, '').replace(SPACE, ' ');
    if (options.handleChineseCharacters) result = result.replace(IDEOGRAPH, ' $& ');
    if (options.stripAccents) result = normalizeForm(result, 'NFD').replace(ACCENT, '');
    return options.lowercase ? lowercase(result) : result;
  };
}
