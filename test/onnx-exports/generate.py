"""Writes the fixtures of this folder: see README.md."""

import base64
import gzip
import json
from pathlib import Path

import vocabularies

HERE = Path(__file__).parent
FIXTURES = HERE / 'fixtures'


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else (json.dumps(data, ensure_ascii=False, indent=None) + '\n').encode())


def compressed(data):
    return gzip.compress(data, 9, mtime=0)


def tokenizers():
    pieces, charsmap = vocabularies.unigram_pieces()
    write(FIXTURES / 'nmt_nfkc.gz', compressed(base64.b64decode(charsmap)))
    made = {
        'bert': vocabularies.bert(), 'bert-cased': vocabularies.bert(False), 'xlm-roberta': vocabularies.xlm_roberta(pieces),
        'deberta': vocabularies.deberta(pieces), 'roberta': vocabularies.roberta(), 'modernbert': vocabularies.modernbert(),
        'qwen3': vocabularies.qwen3(),
    }  # fmt: skip
    for name, tokenizer in made.items():
        write(FIXTURES / 'tokenizers' / f'{name}.json.gz', compressed(json.dumps(tokenizer, ensure_ascii=False).encode()))
    return made, charsmap


if __name__ == '__main__':
    tokenizers()
