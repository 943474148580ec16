"""Small random checkpoints of each family, and what is exported of them."""

import torch
from transformers import (
    BertConfig, BertForSequenceClassification, DebertaV2Config, DebertaV2ForSequenceClassification, ModernBertConfig,
    ModernBertForSequenceClassification, Qwen3Config, Qwen3ForCausalLM, Qwen3ForSequenceClassification, RobertaConfig,
    RobertaForSequenceClassification, XLMRobertaConfig, XLMRobertaForSequenceClassification,
)  # fmt: skip

SMALL = {'hidden_size': 32, 'num_hidden_layers': 2, 'num_attention_heads': 2, 'intermediate_size': 40, 'initializer_range': 0.25}


def encoder(config_type, model_type, vocab, labels=1, **changes):
    torch.manual_seed(len(changes) + vocab + labels)
    config = config_type(vocab_size=vocab, num_labels=labels, **{**SMALL, **changes})
    config._attn_implementation = 'eager'
    return model_type(config).eval()


def bert(vocab, labels=1):
    return encoder(BertConfig, BertForSequenceClassification, vocab, labels, max_position_embeddings=256)


def xlm_roberta(vocab):
    return encoder(XLMRobertaConfig, XLMRobertaForSequenceClassification, vocab, type_vocab_size=1, pad_token_id=1,
                   max_position_embeddings=258)  # fmt: skip


def roberta(vocab):
    return encoder(RobertaConfig, RobertaForSequenceClassification, vocab, type_vocab_size=1, pad_token_id=1,
                   max_position_embeddings=258)  # fmt: skip


def deberta(vocab):
    return encoder(DebertaV2Config, DebertaV2ForSequenceClassification, vocab, type_vocab_size=0, max_position_embeddings=256, hidden_size=24,
                   relative_attention=True, position_buckets=32, pos_att_type=['p2c', 'c2p'], share_att_key=True,
                   position_biased_input=False, norm_rel_ebd='layer_norm')  # fmt: skip


def modernbert(vocab):
    return encoder(ModernBertConfig, ModernBertForSequenceClassification, vocab, max_position_embeddings=256,
                   num_hidden_layers=2, local_attention=16, global_attn_every_n_layers=2, pad_token_id=0, bos_token_id=None,
                   eos_token_id=None, cls_token_id=2, sep_token_id=3, reference_compile=False)  # fmt: skip


def qwen3(vocab, pad, head=Qwen3ForCausalLM):
    torch.manual_seed(7)
    config = Qwen3Config(vocab_size=vocab, **SMALL, num_key_value_heads=1, head_dim=16, max_position_embeddings=512,
                         tie_word_embeddings=True, pad_token_id=pad, bos_token_id=None, eos_token_id=pad, num_labels=1)  # fmt: skip
    config._attn_implementation = 'eager'
    return head(config).eval()
