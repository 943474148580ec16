"""The canonical Qwen3-Reranker prompt as token ids, with the user's text encoded as plain text."""

import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

SYSTEM = (
    'Judge whether the Document meets the requirements based on the Query and the Instruct provided. '
    'Note that the answer can only be "yes" or "no".'
)
DEFAULT_INSTRUCTION = 'Given a web search query, retrieve relevant passages that answer the query'


@dataclass(frozen=True)
class Prompt:
    ids: list[int]
    truncated: bool


class Prompts:
    def __init__(self, tokenizer_json: Path):
        data = json.loads(tokenizer_json.read_text(encoding='utf-8'))
        self._control = {token['content']: token['id'] for token in data['added_tokens']}
        # Without added tokens nothing in a text can become a control token.
        self._plain = Tokenizer.from_str(json.dumps(data | {'added_tokens': []}))
        self._whole = Tokenizer.from_str(json.dumps(data))
        self.yes, self.no = self._single('yes'), self._single('no')

    def _single(self, word: str) -> int:
        (token,) = self.plain(word)
        return token

    def plain(self, text: str) -> list[int]:
        return self._plain.encode(text, add_special_tokens=False).ids

    def build(self, query: str, document: str, instruction: str | None, max_length: int | None) -> Prompt:
        start, end = self._control['<|im_start|>'], self._control['<|im_end|>']
        think, done = self._control['<think>'], self._control['</think>']
        body = f'user\n<Instruct>: {DEFAULT_INSTRUCTION if instruction is None else instruction}\n<Query>: {query}\n<Document>:'
        prefix = [start, *self.plain('system\n' + SYSTEM), end, *self.plain('\n'), start, *self.plain(body)]
        suffix = [end, *self.plain('\n'), start, *self.plain('assistant\n')]
        suffix += [think, *self.plain('\n\n'), done, *self.plain('\n\n')]
        own = self.plain(' ' + document)

        # The split must not show: the same ids as encoding the text in one piece, and, where no text holds a
        # control-token string, as encoding the whole prompt the usual way.
        assert self.plain(f'{body} {document}') == self.plain(body) + own
        if not any(token in body + document for token in self._control):
            whole = f'<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>{body} {document}'
            whole += '<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n'
            assert self._whole.encode(whole, add_special_tokens=False).ids == prefix + own + suffix

        room = len(own)
        if max_length is not None:
            room = max_length - len(prefix) - len(suffix)
            assert room >= 16  # The library refuses queries that leave less for a document.
        return Prompt(prefix + own[:room] + suffix, len(own) > room)
