"""Writes the fixtures of this folder: see README.md."""

import base64
import gzip
import hashlib
import json
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import Qwen3ForSequenceClassification

import checkpoints
import exports
import grouped
import vocabularies
from texts import DOCUMENTS, QUERIES

HERE = Path(__file__).parent
FIXTURES = HERE / 'fixtures'
INSTRUCTION = 'Given a web search query, retrieve relevant passages that answer the query'
SYSTEM = (
    'Judge whether the Document meets the requirements based on the Query and the Instruct provided. '
    'Note that the answer can only be "yes" or "no".'
)


def write(name, data):
    path = FIXTURES / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 9, mtime=0) if name.endswith('.gz') else data)


def write_json(name, data):
    write(name, (json.dumps(data, ensure_ascii=False) + '\n').encode())


class Plain:
    """The reference tokenizer with names for its control tokens that no text has, so that it finds none in text."""

    def __init__(self, tokenizer, charsmap, keep=()):
        file = json.loads(json.dumps(tokenizer).replace('nmt_nfkc', charsmap))
        self.ids = {token['content']: token['id'] for token in file['added_tokens']}
        secret = {t['content']: f'\U0010fff0{t["id"]}\U0010fff1' for t in file['added_tokens'] if t['special']}
        file['added_tokens'] = [token for token in file['added_tokens'] if token['content'] in keep]
        file['post_processor'] = None
        model = file['model']
        name = lambda token: secret.get(token, token)
        model['vocab'] = (
            [[name(token), score] for token, score in model['vocab']] if isinstance(model['vocab'], list)
            else {name(token): id for token, id in model['vocab'].items()}
        )  # fmt: skip
        if model.get('unk_token'):
            model['unk_token'] = name(model['unk_token'])
        self.tokenizer = Tokenizer.from_str(json.dumps(file))

    def __call__(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids


def pairs(plain, before, between, after, second_type):
    """Token ids and type ids of every query with every document."""
    for query in QUERIES:
        first = [*before, *plain(query), *between]
        for document in DOCUMENTS:
            second = [*plain(document), *after]
            yield query, document, first + second, [0] * len(first) + [second_type] * len(second)


def golden(model, rows, score, with_types):
    reference = model.double()
    cases = []
    for query, document, ids, types in rows:
        named = {'input_ids': torch.tensor([ids]), 'attention_mask': torch.ones(1, len(ids), dtype=torch.long)}
        if with_types:
            named['token_type_ids'] = torch.tensor([types])
        with torch.no_grad():
            logits = reference(**named).logits
        cases.append({'query': query, 'document': document, 'ids': ids, 'types': types, 'logit': score(logits)})
    model.float()
    return cases


def one_or_two(logits):
    [row] = logits.tolist()
    return row[0] if len(row) == 1 else row[1] - row[0]


def cross_encoder(name, model, plain, joints, with_types, tokenizer, config):
    names = ['input_ids', 'attention_mask'] + (['token_type_ids'] if with_types else [])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'model.onnx'
        exports.classifier(model, names, path)
        write(f'{name}/model.onnx.gz', path.read_bytes())
        if name == 'bert':
            quantize_dynamic(path, Path(folder) / 'q.onnx', weight_type=QuantType.QInt8)
            write(f'{name}/model_quantized.onnx.gz', (Path(folder) / 'q.onnx').read_bytes())
    cases = golden(model, pairs(plain, *joints), one_or_two, with_types)
    write_json(f'{name}/golden.json.gz', {'tokenizer': tokenizer, 'cases': cases})
    write_json(f'{name}/config.json', json.loads(model.config.to_json_string()) | {'architectures': [type(model).__name__]})
    write_json(f'{name}/tokenizer_config.json', config)
    logits = [case['logit'] for case in cases]
    print(f'{name}: {len(cases)} pairs, logits {min(logits):.2f} to {max(logits):.2f}')


class SharedData:
    """Weights of several graphs in one file, each only once."""

    def __init__(self):
        self.bytes, self.places = bytearray(), {}

    def move(self, path):
        model = onnx.load(str(path))
        for tensor in model.graph.initializer:
            data = onnx.numpy_helper.to_array(tensor).tobytes()
            if len(data) < 64:
                continue
            key = hashlib.sha256(data).hexdigest()
            if key not in self.places:
                self.places[key] = len(self.bytes)
                self.bytes += data
            dims, type, name = list(tensor.dims), tensor.data_type, tensor.name
            tensor.Clear()
            tensor.dims.extend(dims)
            tensor.data_type, tensor.name, tensor.data_location = type, name, onnx.TensorProto.EXTERNAL
            for entry, value in {'location': 'model.onnx_data', 'offset': self.places[key], 'length': len(data)}.items():
                tensor.external_data.add(key=entry, value=str(value))
        return model.SerializeToString()


def prompts(plain):
    """The prompt of Qwen3-Reranker, control tokens joined by id and everything else encoded as plain text."""
    start, end = plain.ids['<|im_start|>'], plain.ids['<|im_end|>']
    think = [plain.ids['<think>'], *plain('\n\n'), plain.ids['</think>']]
    suffix = [end, *plain('\n'), start, *plain('assistant\n'), *think, *plain('\n\n')]
    system = [start, *plain(f'system\n{SYSTEM}'), end, *plain('\n'), start]
    for query in QUERIES:
        for document in DOCUMENTS:
            user = plain(f'user\n<Instruct>: {INSTRUCTION}\n<Query>: {query}\n<Document>: {document}')
            ids = [*system, *user, *suffix]
            yield query, document, ids, [0] * len(ids)


def qwen3(tokenizer):
    plain = Plain(tokenizer, '')
    vocab = tokenizer['model']['vocab']
    size, pad = len(vocab) + len(plain.ids), plain.ids['<|endoftext|>']
    yes, no = vocab['yes'], vocab['no']
    causal = checkpoints.qwen3(size, pad)
    shared = SharedData()
    variants = {
        'full': {}, 'no-positions': {'positions': False}, 'last': {'last': True}, 'cache': {'cache': True},
        'last-cache': {'last': True, 'cache': True}, 'keep': {'keep': True},
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'model.onnx'
        for name, options in variants.items():
            exports.causal(causal, path, **options)
            write(f'qwen3/{name}.onnx.gz', shared.move(path))
        classifier = checkpoints.qwen3(size, pad, Qwen3ForSequenceClassification)
        exports.classifier(classifier, ['input_ids', 'attention_mask'], path)
        write('qwen3-classifier/model.onnx.gz', path.read_bytes())
    write('qwen3/model.onnx_data.gz', bytes(shared.bytes))
    difference = lambda logits: (logits[0, -1, yes] - logits[0, -1, no]).item()
    fused(plain, size, yes, no, causal.config)
    for name, model, score in (('qwen3', causal, difference), ('qwen3-classifier', classifier, one_or_two)):
        cases = golden(model, prompts(plain), score, False)
        write_json(f'{name}/golden.json.gz', {'tokenizer': 'qwen3', 'cases': cases})
        write_json(f'{name}/config.json', json.loads(model.config.to_json_string()) | {'architectures': [type(model).__name__]})
        write_json(f'{name}/tokenizer_config.json', {'model_max_length': 131072})
        logits = [case['logit'] for case in cases]
        print(f'{name}: {len(cases)} pairs, logits {min(logits):.2f} to {max(logits):.2f}')


def fused(plain, size, yes, no, config):
    model = grouped.Grouped(size)
    write('qwen3-grouped/model.onnx.gz', model.graph())
    cases = []
    for query, document, ids, types in prompts(plain):
        logits = model.logits(ids)
        cases.append({'query': query, 'document': document, 'ids': ids, 'types': types, 'logit': float(logits[yes] - logits[no])})
    write_json('qwen3-grouped/golden.json.gz', {'tokenizer': 'qwen3', 'cases': cases})
    write_json('qwen3-grouped/config.json', json.loads(config.to_json_string()) | {'architectures': ['Qwen3ForCausalLM']})
    write_json('qwen3-grouped/tokenizer_config.json', {'model_max_length': 131072})


def main():
    warnings.simplefilter('ignore')
    shutil.rmtree(FIXTURES, ignore_errors=True)
    pieces, charsmap = vocabularies.unigram_pieces()
    write('nmt_nfkc.gz', base64.b64decode(charsmap))
    made = {
        'bert': vocabularies.bert(), 'bert-cased': vocabularies.bert(False), 'xlm-roberta': vocabularies.xlm_roberta(pieces),
        'deberta': vocabularies.deberta(pieces), 'roberta': vocabularies.roberta(), 'modernbert': vocabularies.modernbert(),
        'qwen3': vocabularies.qwen3(),
    }  # fmt: skip
    for name, tokenizer in made.items():
        write(f'tokenizers/{name}.json.gz', json.dumps(tokenizer, ensure_ascii=False).encode())
    plain = {name: Plain(tokenizer, charsmap) for name, tokenizer in made.items()}
    bert, square = ([2], [3], [3], 1), {'cls_token': '[CLS]', 'sep_token': '[SEP]', 'pad_token': '[PAD]', 'unk_token': '[UNK]',
                                         'mask_token': '[MASK]', 'model_max_length': 256}  # fmt: skip
    angle = {'bos_token': '<s>', 'eos_token': '</s>', 'pad_token': '<pad>', 'unk_token': '<unk>', 'mask_token': '<mask>',
             'cls_token': '<s>', 'sep_token': '</s>', 'model_max_length': 256}  # fmt: skip
    cased = len(made['bert-cased']['model']['vocab'])
    modern = 1 + max(token['id'] for token in made['modernbert']['added_tokens'])
    keep = [t['content'] for t in made['modernbert']['added_tokens'] if not t['special']]
    plain['modernbert'] = Plain(made['modernbert'], charsmap, keep)
    unigram = len(made['xlm-roberta']['model']['vocab'])
    rows = [
        ('bert', checkpoints.bert(len(made['bert']['model']['vocab'])), 'bert', bert, True, square),
        ('bert-two-labels', checkpoints.bert(cased, 2), 'bert-cased', bert, True, square),
        ('xlm-roberta', checkpoints.xlm_roberta(unigram), 'xlm-roberta', ([0], [2, 2], [2], 0), False, angle),
        ('roberta', checkpoints.roberta(len(made['roberta']['model']['vocab'])), 'roberta', ([0], [2, 2], [2], 0), False, angle),
        ('deberta', checkpoints.deberta(unigram), 'deberta', ([1], [2], [2], 1), False, square),
        ('modernbert', checkpoints.modernbert(modern), 'modernbert', bert, False, {**square, 'model_max_length': 10**30}),
    ]
    for name, model, tokenizer, joints, with_types, config in rows:
        cross_encoder(name, model, plain[tokenizer], joints, with_types, tokenizer, config)
    qwen3(made['qwen3'])


if __name__ == '__main__':
    main()
