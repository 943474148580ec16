"""What bf16's rounding costs, and where: the network of test/golden/random-untied-bf16 in float64, with values rounded to
bf16 at chosen points, against its float64 logits.

    python3 bench/cuda_rounding.py     # two minutes; needs numpy and tokenizers, no GPU
"""

import gzip
import json
import struct
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / 'test' / 'golden'
INSTRUCTION = 'Given a web search query, retrieve relevant passages that answer the query'

CONFIG = json.loads((GOLDEN / 'random-untied-bf16' / 'config.json').read_text())
HEADS, KV_HEADS, SIZE = CONFIG['num_attention_heads'], CONFIG['num_key_value_heads'], CONFIG['head_dim']

# What products and attention read: rounded in any computation in bf16.
READ = {'normed', 'rotated q', 'rotated k', 'v', 'probabilities', 'context', 'gated'}
# What they write, and what is between: could be kept in float32 at the price of memory traffic.
WRITTEN = {'q', 'k', 'attended', 'gate', 'up', 'down'}
BETWEEN = {'residual', 'normed q', 'normed k', 'silu', 'cos'}
ALL = READ | WRITTEN | BETWEEN
SETS = {
    'everywhere, as on the GPU': ALL,
    'but for the residual stream': ALL - {'residual'},
    'but for all between products': ALL - BETWEEN,
    'but for all between products, and what they write': READ,
} | {f'{name} alone': {name} for name in sorted(ALL)}


def round_bf16(x):
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return (((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)


def weights():
    raw = gzip.decompress((GOLDEN / 'random-untied-bf16' / 'model.safetensors.gz').read_bytes())
    start = 8 + struct.unpack('<Q', raw[:8])[0]
    tensors = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name == '__metadata__':
            continue
        first, end = entry['data_offsets']
        bits = np.frombuffer(raw[start + first : start + end], np.uint16).astype(np.uint32) << 16
        tensors[name] = bits.view(np.float32).reshape(entry['shape']).astype(np.float64)
    return tensors


def logit(tensors, answers, ids, rounded):
    keep = lambda name, x: round_bf16(x) if name in rounded else x
    norm = lambda x, weight: x / np.sqrt((x * x).mean(-1, keepdims=True) + CONFIG['rms_norm_eps']) * weight
    theta = CONFIG.get('rope_theta') or CONFIG['rope_parameters']['rope_theta']
    angles = np.arange(len(ids))[:, None] / theta ** (np.arange(0, SIZE, 2) / SIZE)
    cos, sin = keep('cos', np.cos(angles))[:, None], keep('cos', np.sin(angles))[:, None]
    half = SIZE // 2
    rotate = lambda x: np.concatenate([x[..., :half] * cos - x[..., half:] * sin, x[..., half:] * cos + x[..., :half] * sin], -1)
    x = tensors['model.embed_tokens.weight'][ids]
    visible = np.tril(np.ones((len(ids), len(ids)), bool))
    for layer in range(CONFIG['num_hidden_layers']):
        of = lambda part: tensors[f'model.layers.{layer}.{part}.weight']
        normed = keep('normed', norm(x, of('input_layernorm')))
        q = keep('q', normed @ of('self_attn.q_proj').T).reshape(-1, HEADS, SIZE)
        k = keep('k', normed @ of('self_attn.k_proj').T).reshape(-1, KV_HEADS, SIZE)
        v = keep('v', normed @ of('self_attn.v_proj').T).reshape(-1, KV_HEADS, SIZE)
        q = keep('rotated q', rotate(keep('normed q', norm(q, of('self_attn.q_norm')))))
        k = keep('rotated k', rotate(keep('normed k', norm(k, of('self_attn.k_norm')))))
        context = np.empty_like(q)
        for head in range(HEADS):
            group = head * KV_HEADS // HEADS
            scores = np.where(visible, q[:, head] @ k[:, group].T * SIZE**-0.5, -np.inf)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            context[:, head] = keep('probabilities', scores) @ v[:, group] / scores.sum(-1, keepdims=True)
        attended = keep('attended', keep('context', context).reshape(len(ids), -1) @ of('self_attn.o_proj').T)
        x = keep('residual', x + attended)
        normed = keep('normed', norm(x, of('post_attention_layernorm')))
        gate = keep('gate', normed @ of('mlp.gate_proj').T)
        silu = keep('silu', gate / (1 + np.exp(-gate)))
        gated = keep('gated', silu * keep('up', normed @ of('mlp.up_proj').T))
        x = keep('residual', x + keep('down', gated @ of('mlp.down_proj').T))
    # The head is float32 on the GPU as well.
    yes, no = answers
    return (tensors['lm_head.weight'][yes] - tensors['lm_head.weight'][no]) @ norm(x[-1], tensors['model.norm.weight'])


def main():
    shared = json.loads((GOLDEN / 'shared-scores.json').read_text())
    tokenizer = Tokenizer.from_file(str(ROOT / 'test' / 'golden' / 'tiny-v0' / 'tokenizer.json'))
    cases = []
    for ranking in shared['random']:
        head = f"<Instruct>: {ranking.get('instruction', INSTRUCTION)}\n<Query>: {ranking['query']}\n<Document>: "
        for document, expected in zip(ranking['documents'], ranking['logits']):
            ids = tokenizer.encode(head + document, add_special_tokens=False).ids
            cases.append((shared['prefix'] + ids + shared['suffix'], expected))
    tensors, answers = weights(), (shared['yes'], shared['no'])
    exact = np.array([logit(tensors, answers, ids, set()) for ids, _ in cases])
    worst = np.abs(exact - [expected for _, expected in cases]).max()
    print(f'{len(cases)} logits; float64 here is off by {worst:.1e} from the published ones')
    for label, rounded in SETS.items():
        error = np.array([logit(tensors, answers, ids, rounded) for ids, _ in cases]) - exact
        print(f'{label}: root mean square {np.sqrt((error**2).mean()):.4f}, largest {np.abs(error).max():.4f}', flush=True)


main()
