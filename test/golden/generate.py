"""Writes texts.json and scores.json: see README.md."""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import transformers

import plain_numpy
import seeded
from prompts import Prompts
from reference import Reference
from texts import groups

HERE = Path(__file__).parent
TRAINED_MODEL = HERE / 'tiny-v0'

SHORT = ['scripts', 'cross-script', 'edges', 'code', 'forgery', 'instructions', 'documents-2', 'documents-7']
MANY = ['many-queries', 'documents-1', 'documents-33']


def spec(seed, dtype, hidden, layers, heads, kv, dim, inter, tied, shards, head, style, theta, eps, positions=8192):
    return {
        'seed': seed, 'dtype': dtype, 'hidden': hidden, 'layers': layers, 'heads': heads, 'kvHeads': kv,
        'headDim': dim, 'intermediate': inter, 'vocabSize': 32000, 'tied': tied, 'shards': shards, 'head': head,
        'configStyle': style, 'ropeTheta': theta, 'rmsNormEps': eps, 'maxPositions': positions,
    }  # fmt: skip


LM, CLS = 'causal-lm', 'sequence-classification'
CASES = [
    # name, spec (None: the trained model), groups, maxLength of the 'truncation' group
    ('tiny-v0', None, ['scripts', 'edges', 'forgery', 'instructions', 'documents-33', 'long-1k', 'long-4k'], [105, 128, 300]),
    ('one-layer', spec(1, 'F32', 48, 1, 2, 2, 32, 100, True, 1, LM, 'old', 1e4, 1e-6), [*SHORT, *MANY, 'documents-300'], []),
    ('one-kv-head', spec(2, 'BF16', 96, 2, 4, 1, 64, 130, False, 1, LM, 'new', 1e6, 1e-6), [*SHORT, *MANY], [128]),
    ('five-layers-sharded', spec(3, 'F16', 128, 5, 4, 2, 64, 203, True, 3, LM, 'new', 1e6, 1e-5), [*SHORT, 'documents-33', 'long-1k'], []),
    ('head-dim-128', spec(4, 'BF16', 256, 2, 2, 1, 128, 384, True, 3, LM, 'old', 5e6, 1e-6), [*SHORT, *MANY], []),
    ('wider-than-hidden', spec(5, 'F32', 64, 2, 8, 2, 128, 72, False, 3, LM, 'new', 1e6, 1e-2), SHORT, []),
    ('narrower-than-hidden', spec(6, 'F16', 160, 2, 2, 2, 32, 77, False, 3, LM, 'old', 5e5, 1e-6), SHORT, [200]),
    ('three-heads', spec(7, 'BF16', 72, 5, 3, 1, 32, 168, True, 1, LM, 'new', 1e5, 1e-3), [*SHORT, 'long-1k'], []),
    ('classifier', spec(8, 'F32', 64, 2, 4, 2, 32, 150, False, 1, CLS, 'new', 1e6, 1e-6), [*SHORT, *MANY], [105]),
    ('classifier-tied-sharded', spec(9, 'BF16', 112, 2, 6, 3, 64, 200, True, 3, CLS, 'old', 1e6, 1e-6), SHORT, []),
    ('long', spec(10, 'F32', 64, 2, 2, 1, 32, 128, True, 1, LM, 'new', 1e6, 1e-6, 32768), ['long-1k', 'long-4k', 'long-8k', 'documents-300'], [1000]),
    ('long-head-dim-128', spec(11, 'BF16', 48, 1, 4, 2, 128, 64, False, 1, LM, 'old', 1e4, 1e-6, 40960), ['long-4k', 'long-8k'], [4096]),
]  # fmt: skip
# Longer than the library's default of 8,192 tokens, so those cases state their own.
LONG_MAX_LENGTH = 16384


def score(reference: Reference, prompts: Prompts, rankings: list[dict], max_length: int | None) -> dict:
    logits, tokens, truncated = [], [], []
    for item in rankings:
        built = [prompts.build(item['query'], d, item.get('instruction'), max_length) for d in item['documents']]
        logits.append([round(reference.logit(prompt.ids), 6) for prompt in built])
        tokens.append([len(prompt.ids) for prompt in built])
        truncated.append([prompt.truncated for prompt in built])
    out = {'logits': logits, 'promptTokens': tokens}
    if max_length is not None and any(any(row) for row in truncated):
        out['truncated'] = truncated
    return out


def dump(path: Path, value: dict) -> None:
    """Compact, but one line a case, so that a change can be read."""
    text = json.dumps(value, ensure_ascii=False, separators=(',', ':'))
    # Text that could reorder or hide itself in an editor is written as escapes.
    text = ''.join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    text = text.replace(',{"group"', ',\n{"group"').replace('{"name"', '\n{"name"').replace(',{"query"', ',\n{"query"')
    assert json.loads(text) == value
    path.write_text(text + '\n', encoding='utf-8')


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('--check', action='store_true', help='also compare with plain numpy and with unpatched transformers')
    check = parser.parse_args().check
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

    texts, prompts, results = groups(), Prompts(TRAINED_MODEL / 'tokenizer.json'), []
    for name, model_spec, names, max_lengths in CASES:
        started = time.time()
        with tempfile.TemporaryDirectory() as temporary:
            result = {'name': name}
            directory = TRAINED_MODEL
            if model_spec is not None:
                directory = Path(temporary)
                result |= {'spec': model_spec, 'sha256': seeded.write_checkpoint(directory, model_spec, TRAINED_MODEL)}
            reference = Reference(directory, prompts.yes, prompts.no)
            result['groups'] = []
            for group in names:
                limit = LONG_MAX_LENGTH if group == 'long-8k' else None
                scored = score(reference, prompts, texts[group], limit)
                result['groups'].append({'group': group} | ({'maxLength': limit} if limit else {}) | scored)
            for limit in max_lengths:
                scored = score(reference, prompts, texts['truncation'], limit)
                result['groups'].append({'group': 'truncation', 'maxLength': limit} | scored)
            if check:
                compare(name, directory, model_spec, prompts, texts, result)
        results.append(result)
        values = np.concatenate([np.concatenate(g['logits']) for g in result['groups']])
        spread = f'{values.min():.2f} .. {values.max():.2f}, deviation {values.std():.2f}'
        print(f'{name}: {len(values)} pairs, logits {spread}, {time.time() - started:.0f} s', flush=True)

    about = (
        'logit(yes) - logit(no) (or the classifier\'s one logit) at the last position, float64 arithmetic on the stored '
        f'weights. transformers {transformers.__version__}, torch {torch.__version__.split("+")[0]}. See README.md.'
    )
    dump(HERE / 'texts.json', texts)
    dump(HERE / 'scores.json', {'about': about, 'checkpoints': results})


def compare(name: str, directory: Path, model_spec: dict | None, prompts: Prompts, texts: dict, result: dict) -> None:
    unpatched = Reference(directory, prompts.yes, prompts.no, exact=False)
    weights = None if model_spec is None else plain_numpy.weights(model_spec)
    for group in result['groups']:
        worst = {'float32 norms and angles': 0.0, 'numpy': 0.0}
        for item, expected in zip(texts[group['group']], group['logits'], strict=True):
            for document, value in list(zip(item['documents'], expected, strict=True))[:8]:
                ids = prompts.build(item['query'], document, item.get('instruction'), group.get('maxLength')).ids
                difference = abs(unpatched.logit(ids) - value)
                worst['float32 norms and angles'] = max(worst['float32 norms and angles'], difference)
                if weights is not None and len(ids) < 2000:
                    other = plain_numpy.logit(model_spec, weights, ids, prompts.yes, prompts.no)
                    worst['numpy'] = max(worst['numpy'], abs(other - value))
        print(f'  {name} {group["group"]}: ' + ', '.join(f'{k} {v:.1e}' for k, v in worst.items()), flush=True)


if __name__ == '__main__':
    main()
