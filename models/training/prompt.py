"""The canonical prompt of Qwen3-Reranker, in tokens."""
import numpy as np

SYSTEM = ('<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. '
          'Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n')
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
DEFAULT = "Given a web search query, retrieve relevant passages that answer the query"


class Prompt:
    """Stored queries are " query\\n", stored passages " passage": the pieces meet where the tokenizer splits anyway."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.suffix = self.encode(SUFFIX)
        self.document = self.encode("<Document>:")
        self.colon, self.dash, self.space = self.encode(":"), self.encode(" -"), self.encode(" ")
        self.yes, self.no = (tokenizer.token_to_id(word) for word in ("yes", "no"))
        self.end = tokenizer.token_to_id("<|endoftext|>")
        self.heads = {}

    def encode(self, text):
        return np.array(self.tokenizer.encode(text, add_special_tokens=False).ids, np.uint16)

    def head(self, instruction, query):
        if instruction not in self.heads:
            self.heads[instruction] = self.encode(f"{SYSTEM}<Instruct>: {instruction}\n<Query>:")
        return np.concatenate([self.heads[instruction], query, self.document])
