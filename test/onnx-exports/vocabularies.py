"""Small tokenizers of every family that cross-encoders have, built as `tokenizer.json` has them."""

import base64
import json
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from texts import CORPUS

QWEN_PATTERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN_SPECIALS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
QWEN_PLAIN = ['<think>', '</think>']


def bert(lowercase=True):
    tokenizer = Tokenizer(models.WordPiece(unk_token='[UNK]'))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=420, special_tokens=specials))
    tokenizer.decoder = decoders.WordPiece()
    pieces = [('[CLS]', 2), ('[SEP]', 3)]
    if lowercase:
        tokenizer.post_processor = processors.TemplateProcessing(
            single='[CLS]:0 $A:0 [SEP]:0', pair='[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1', special_tokens=pieces
        )
    else:
        tokenizer.post_processor = processors.BertProcessing(pieces[1], pieces[0])
    return json.loads(tokenizer.to_str())


def unigram_pieces():
    """A SentencePiece unigram model: its pieces with scores, and its (complete, published) nmt_nfkc character map."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = str(Path(folder) / 'm')
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS), model_prefix=prefix, vocab_size=330, character_coverage=1.0,
            model_type='unigram', normalization_rule_name='nmt_nfkc', hard_vocab_limit=False, minloglevel=2,
        )  # fmt: skip
        proto = sentencepiece_model_pb2.ModelProto()
        proto.ParseFromString(Path(prefix + '.model').read_bytes())
    charsmap = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
    return [[p.piece, p.score] for p in proto.pieces[3:]], charsmap


def added(content, id, **flags):
    return {'id': id, 'content': content, 'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False,
            'special': True, **flags}  # fmt: skip


def unigram(vocab, unk, specials, normalizer, pre_tokenizer, template):
    return {
        'version': '1.0', 'truncation': None, 'padding': None,
        'added_tokens': specials, 'normalizer': normalizer, 'pre_tokenizer': pre_tokenizer,
        'post_processor': template, 'decoder': {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always', 'split': True},
        'model': {'type': 'Unigram', 'unk_id': unk, 'vocab': vocab, 'byte_fallback': False},
    }  # fmt: skip


def template(first, between, last, types, ids):
    special = lambda name, type: {'SpecialToken': {'id': name, 'type_id': type}}
    sequence = lambda name, type: {'Sequence': {'id': name, 'type_id': type}}
    pair = [special(first, 0), sequence('A', 0), *[special(s, 0) for s in between], sequence('B', types[0]), special(last, types[1])]
    return {
        'type': 'TemplateProcessing', 'single': [special(first, 0), sequence('A', 0), special(last, 0)], 'pair': pair,
        'special_tokens': {name: {'id': name, 'ids': [id], 'tokens': [name]} for name, id in ids.items()},
    }  # fmt: skip


METASPACE = {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always', 'split': True}
SPACES = {'type': 'Replace', 'pattern': {'Regex': ' {2,}'}, 'content': ' '}


def xlm_roberta(pieces):
    vocab = [['<s>', 0.0], ['<pad>', 0.0], ['</s>', 0.0], ['<unk>', 0.0], *pieces, ['<mask>', 0.0]]
    mask = len(vocab) - 1
    specials = [added('<s>', 0), added('<pad>', 1), added('</s>', 2), added('<unk>', 3), added('<mask>', mask, lstrip=True)]
    return unigram(
        vocab, 3, specials, {'type': 'Precompiled', 'precompiled_charsmap': 'nmt_nfkc'},
        {'type': 'Sequence', 'pretokenizers': [{'type': 'WhitespaceSplit'}, METASPACE]},
        template('<s>', ['</s>', '</s>'], '</s>', (0, 0), {'<s>': 0, '</s>': 2}),
    )  # fmt: skip


def deberta(pieces):
    vocab = [['[PAD]', 0.0], ['[CLS]', 0.0], ['[SEP]', 0.0], ['[UNK]', 0.0], *pieces, ['[MASK]', 0.0]]
    mask = len(vocab) - 1
    specials = [added('[PAD]', 0), added('[CLS]', 1), added('[SEP]', 2), added('[UNK]', 3, normalized=True), added('[MASK]', mask)]
    normalizer = {'type': 'Sequence', 'normalizers': [
        {'type': 'Strip', 'strip_left': True, 'strip_right': True},
        {'type': 'Precompiled', 'precompiled_charsmap': 'nmt_nfkc'}, SPACES,
    ]}  # fmt: skip
    pre_tokenizer = {'type': 'Sequence', 'pretokenizers': [METASPACE]}
    return unigram(vocab, 3, specials, normalizer, pre_tokenizer,
                   template('[CLS]', ['[SEP]'], '[SEP]', (1, 1), {'[CLS]': 1, '[SEP]': 2}))  # fmt: skip


def byte_level(specials, size, pre_tokenizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer or pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def roberta():
    tokenizer = byte_level(['<s>', '<pad>', '</s>', '<unk>', '<mask>'], 380)
    tokenizer.post_processor = processors.RobertaProcessing(('</s>', 2), ('<s>', 0), add_prefix_space=False)
    return json.loads(tokenizer.to_str())


def modernbert():
    tokenizer = byte_level(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'], 380)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken(' ' * count, normalized=True) for count in range(8, 1, -1)])
    tokenizer.add_tokens([AddedToken('|||EMAIL_ADDRESS|||', normalized=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single='[CLS]:0 $A:0 [SEP]:0', pair='[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1', special_tokens=[('[CLS]', 2), ('[SEP]', 3)]
    )
    return json.loads(tokenizer.to_str())


def qwen3():
    split = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN_PATTERN), behavior='isolated'),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])  # fmt: skip
    tokenizer = byte_level([], 380, split)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(QWEN_SPECIALS)
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in QWEN_PLAIN])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return json.loads(tokenizer.to_str())
