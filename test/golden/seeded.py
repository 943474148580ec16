"""Seeded random Qwen3 checkpoints: the numpy twin of test/support/seeded-*.ts.

Both sides must write the same bytes: uint32 arithmetic for the hash, float64 for the scaling, float32 rounding, then
the stored dtype (round to nearest even). scores.json holds the SHA-256 of each file, which the tests compare.
"""

import hashlib
import json
import math
import shutil
from pathlib import Path

import numpy as np

# The sum of two independent uniform 16-bit numbers: bell-shaped enough, and small enough for a look-up table.
CENTRE = 65535
SUM_STD = math.sqrt((65536 * 65536 - 1) / 6)
CHUNK = 1 << 20


def tensor_key(seed: int, name: str) -> int:
    hash_ = 0x811C9DC5
    for byte in name.encode():
        hash_ = ((hash_ ^ byte) * 0x01000193) & 0xFFFFFFFF
    hash_ ^= (seed * 0x9E3779B9) & 0xFFFFFFFF
    hash_ ^= hash_ >> 16
    hash_ = (hash_ * 0x7FEB352D) & 0xFFFFFFFF
    hash_ ^= hash_ >> 15
    hash_ = (hash_ * 0x846CA68B) & 0xFFFFFFFF
    return hash_ ^ (hash_ >> 16)


def sums(key: int, start: int, count: int) -> np.ndarray:
    x = np.arange(start, start + count, dtype=np.uint32) * np.uint32(0x9E3779B9)
    x ^= x >> np.uint32(16)
    x = (x ^ np.uint32(key)) * np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return (x & np.uint32(0xFFFF)) + (x >> np.uint32(16))


def stored_table(dtype: str, mean: float, std: float) -> np.ndarray:
    """The stored value of every possible sum."""
    step = std / SUM_STD
    values = (mean + (np.arange(2 * CENTRE + 1, dtype=np.float64) - CENTRE) * step).astype(np.float32)
    if dtype == 'F32':
        return values
    if dtype == 'F16':
        return values.astype(np.float16)
    bits = values.view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)).astype(np.uint16)


def tensors(spec: dict) -> list[dict]:
    """Names, shapes and scales. The reasons for the scales are in test/support/seeded-tensors.ts."""
    hidden, inter, head_dim = spec['hidden'], spec['intermediate'], spec['headDim']
    q_size, kv_size = spec['heads'] * head_dim, spec['kvHeads'] * head_dim
    classifier = spec['head'] == 'sequence-classification'
    head_std = 3 / math.sqrt(2 * hidden)
    out = []

    def add(name: str, shape: list[int], mean: float, std: float) -> None:
        out.append({'name': name, 'shape': shape, 'mean': mean, 'std': std})

    shares_head = spec['tied'] and not classifier
    add('model.embed_tokens.weight', [spec['vocabSize'], hidden], 0, head_std if shares_head else 0.5)
    for layer in range(spec['layers']):
        at = f'model.layers.{layer}.'
        add(at + 'input_layernorm.weight', [hidden], 1, 0.2)
        add(at + 'self_attn.q_proj.weight', [q_size, hidden], 0, 1 / math.sqrt(hidden))
        add(at + 'self_attn.k_proj.weight', [kv_size, hidden], 0, 1 / math.sqrt(hidden))
        add(at + 'self_attn.v_proj.weight', [kv_size, hidden], 0, 1 / math.sqrt(hidden))
        add(at + 'self_attn.q_norm.weight', [head_dim], 1.4, 0.2)
        add(at + 'self_attn.k_norm.weight', [head_dim], 1.4, 0.2)
        add(at + 'self_attn.o_proj.weight', [hidden, q_size], 0, 1.5 / math.sqrt(q_size))
        add(at + 'post_attention_layernorm.weight', [hidden], 1, 0.2)
        add(at + 'mlp.gate_proj.weight', [inter, hidden], 0, 1.5 / math.sqrt(hidden))
        add(at + 'mlp.up_proj.weight', [inter, hidden], 0, 1.5 / math.sqrt(hidden))
        add(at + 'mlp.down_proj.weight', [hidden, inter], 0, 1 / math.sqrt(inter))
    add('model.norm.weight', [hidden], 1, 0.2)
    if classifier:
        add('score.weight', [1, hidden], 0, 3 / math.sqrt(hidden))
    elif not spec['tied']:
        add('lm_head.weight', [spec['vocabSize'], hidden], 0, head_std)
    return out


def stored(spec: dict, tensor: dict, tables: dict) -> np.ndarray:
    """The tensor as stored: float32, float16, or bfloat16 as uint16 bits."""
    scale = (tensor['mean'], tensor['std'])
    if scale not in tables:
        tables[scale] = stored_table(spec['dtype'], *scale)
    table, key, size = tables[scale], tensor_key(spec['seed'], tensor['name']), math.prod(tensor['shape'])
    parts = [table[sums(key, at, min(CHUNK, size - at))] for at in range(0, size, CHUNK)]
    return np.concatenate(parts).reshape(tensor['shape'])


def config(spec: dict) -> dict:
    classifier = spec['head'] == 'sequence-classification'
    dtype = {'F32': 'float32', 'F16': 'float16', 'BF16': 'bfloat16'}[spec['dtype']]
    out = {
        'architectures': ['Qwen3ForSequenceClassification' if classifier else 'Qwen3ForCausalLM'],
        'model_type': 'qwen3',
        'vocab_size': spec['vocabSize'],
        'hidden_size': spec['hidden'],
        'num_hidden_layers': spec['layers'],
        'num_attention_heads': spec['heads'],
        'num_key_value_heads': spec['kvHeads'],
        'head_dim': spec['headDim'],
        'intermediate_size': spec['intermediate'],
        'rms_norm_eps': spec['rmsNormEps'],
        'max_position_embeddings': spec['maxPositions'],
        'attention_bias': False,
        'hidden_act': 'silu',
        'tie_word_embeddings': spec['tied'],
    }
    if classifier:
        out |= {'id2label': {'0': 'LABEL_0'}, 'label2id': {'LABEL_0': 0}}
    if spec['configStyle'] == 'old':
        return out | {'rope_theta': spec['ropeTheta'], 'torch_dtype': dtype}
    return out | {'rope_parameters': {'rope_theta': spec['ropeTheta'], 'rope_type': 'default'}, 'dtype': dtype}


def write_checkpoint(directory: Path, spec: dict, tokenizer: Path) -> dict[str, str]:
    """Writes the checkpoint; returns the SHA-256 of each weights file."""
    directory.mkdir(parents=True, exist_ok=True)
    all_tensors, shards, tables = tensors(spec), spec['shards'], {}
    width = 4 if spec['dtype'] == 'F32' else 2
    weight_map, hashes, total = {}, {}, 0
    for shard in range(shards):
        name = 'model.safetensors' if shards == 1 else f'model-{shard + 1:05}-of-{shards:05}.safetensors'
        own = [t for i, t in enumerate(all_tensors) if i * shards // len(all_tensors) == shard]
        header, at = {'__metadata__': {'format': 'pt'}}, 0
        for t in own:
            end = at + math.prod(t['shape']) * width
            header[t['name']] = {'dtype': spec['dtype'], 'shape': t['shape'], 'data_offsets': [at, end]}
            weight_map[t['name']], at = name, end
        total += at
        text = json.dumps(header, separators=(',', ':')).encode()
        text += b' ' * (-len(text) % 8)
        data = len(text).to_bytes(8, 'little') + text + b''.join(stored(spec, t, tables).tobytes() for t in own)
        (directory / name).write_bytes(data)
        hashes[name] = hashlib.sha256(data).hexdigest()
    if shards > 1:
        index = {'metadata': {'total_size': total}, 'weight_map': weight_map}
        (directory / 'model.safetensors.index.json').write_text(json.dumps(index))
    (directory / 'config.json').write_text(json.dumps(config(spec)))
    for file in ('tokenizer.json', 'tokenizer_config.json'):
        shutil.copyfile(tokenizer / file, directory / file)
    return hashes
