"""Makes the small checkpoint fixture out of a full one: see README.md.

    python3 make-fixture.py CHECKPOINT_DIRECTORY SCORES_JSON

Rows of the embedding and of the head that neither the prompts nor yes/no touch are zeroed, which leaves every score as
it was and lets gzip do the rest. The tokenizer is that of tiny-v0.
"""

import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path

from prompts import Prompts
from reference import Reference

HERE = Path(__file__).parent
TRAINED_MODEL = HERE / 'tiny-v0'
TARGET = HERE / 'random-untied-bf16'
VOCABULARY = ('model.embed_tokens.weight', 'lm_head.weight')


def main() -> None:
    source, scores_path = Path(sys.argv[1]), Path(sys.argv[2])
    for file in ('tokenizer.json', 'tokenizer_config.json'):
        assert (source / file).read_bytes() == (TRAINED_MODEL / file).read_bytes(), f'{file} differs'
    scores = json.loads(scores_path.read_text(encoding='utf-8'))
    prompts = Prompts(TRAINED_MODEL / 'tokenizer.json')
    pairs = [
        (prompts.build(item['query'], document, item.get('instruction'), None).ids, logit)
        for item in scores['random']
        for document, logit in zip(item['documents'], item['logits'], strict=True)
    ]

    data = bytearray((source / 'model.safetensors').read_bytes())
    length = int.from_bytes(data[:8], 'little')
    header = json.loads(data[8 : 8 + length])
    used = {token for ids, _ in pairs for token in ids} | {prompts.yes, prompts.no}
    for name in VOCABULARY:
        rows, _ = header[name]['shape']
        start, end = (8 + length + offset for offset in header[name]['data_offsets'])
        width = (end - start) // rows
        for row in set(range(rows)) - used:
            data[start + row * width : start + (row + 1) * width] = bytes(width)

    TARGET.mkdir(exist_ok=True)
    # No time stamp, so that a second run changes nothing.
    (TARGET / 'model.safetensors.gz').write_bytes(gzip.compress(data, 9, mtime=0))
    shutil.copyfile(source / 'config.json', TARGET / 'config.json')
    shutil.copyfile(scores_path, HERE / 'shared-scores.json')

    with tempfile.TemporaryDirectory() as temporary:
        (Path(temporary) / 'model.safetensors').write_bytes(data)
        shutil.copyfile(source / 'config.json', Path(temporary) / 'config.json')
        reference = Reference(Path(temporary), prompts.yes, prompts.no)
        worst = max(abs(reference.logit(ids) - logit) for ids, logit in pairs)
    print(f'{len(used)} rows kept, largest difference from the published scores {worst:.1e}')


if __name__ == '__main__':
    main()
