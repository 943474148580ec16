"""The comparison of docs/cuda.md: random weights in the shapes of Qwen3-Reranker, and what `transformers` makes of them.

    python3 bench/cuda_transformers.py make 4b /tmp/shape-4b     # writes a checkpoint of random weights (needs a GPU)
    python3 bench/cuda_transformers.py run /tmp/shape-4b         # bf16, SDPA, batched, last-token logits only
    python3 bench/cuda_transformers.py matmul                    # the machine's own bf16 matmul rate
    python3 bench/cuda_transformers.py logits /tmp/shape-4b out.json   # float32 logits of a few prompts, as a reference

Several commands may follow each other, with `--` between them. Needs torch, transformers and safetensors. The token counts are those of bench/cuda.ts.
"""

import json
import os
import shutil
import sys
import time

import torch

SHAPES = {
    '0.6b': dict(hidden_size=1024, num_hidden_layers=28, num_attention_heads=16, intermediate_size=3072, tie_word_embeddings=True),
    '4b': dict(hidden_size=2560, num_hidden_layers=36, num_attention_heads=32, intermediate_size=9728, tie_word_embeddings=True),
    '8b': dict(hidden_size=4096, num_hidden_layers=36, num_attention_heads=32, intermediate_size=12288, tie_word_embeddings=False),
}
COMMON = dict(
    architectures=['Qwen3ForCausalLM'], model_type='qwen3', num_key_value_heads=8, head_dim=128, vocab_size=151669,
    rope_theta=1e6, rms_norm_eps=1e-6, max_position_embeddings=40960, attention_bias=False, hidden_act='silu',
    torch_dtype='bfloat16',
)
SHARD_BYTES = 4 * 2**30
YES, NO = 9693, 2152
PREFIX, SUFFIX = 85, 12


def make(shape, folder):
    from safetensors.torch import save_file

    os.makedirs(folder, exist_ok=True)
    config = {**COMMON, **SHAPES[shape]}
    json.dump(config, open(f'{folder}/config.json', 'w'), indent=1)
    models = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'models', 'default')
    for name in ('tokenizer.json', 'tokenizer_config.json'):
        if os.path.exists(f'{models}/{name}'):
            shutil.copy(f'{models}/{name}', folder)
    h, i, n, kv, d, v = (config[k] for k in ('hidden_size', 'intermediate_size', 'num_attention_heads', 'num_key_value_heads', 'head_dim', 'vocab_size'))
    sizes = {'model.embed_tokens.weight': (v, h), 'model.norm.weight': (h,)}
    if not config['tie_word_embeddings']:
        sizes['lm_head.weight'] = (v, h)
    for layer in range(config['num_hidden_layers']):
        p = f'model.layers.{layer}.'
        sizes |= {
            p + 'input_layernorm.weight': (h,), p + 'post_attention_layernorm.weight': (h,),
            p + 'self_attn.q_proj.weight': (n * d, h), p + 'self_attn.k_proj.weight': (kv * d, h),
            p + 'self_attn.v_proj.weight': (kv * d, h), p + 'self_attn.o_proj.weight': (h, n * d),
            p + 'self_attn.q_norm.weight': (d,), p + 'self_attn.k_norm.weight': (d,),
            p + 'mlp.gate_proj.weight': (i, h), p + 'mlp.up_proj.weight': (i, h), p + 'mlp.down_proj.weight': (h, i),
        }
    torch.manual_seed(1)
    shards, shard, size = [], {}, 0
    for name, shape_ in sizes.items():
        # Norms of one, matrices of a size that keeps activations in range whatever their width.
        tensor = torch.ones(shape_) if len(shape_) == 1 else torch.randn(shape_, device='cuda') * (0.6 * shape_[1] ** -0.5)
        tensor = tensor.to(torch.bfloat16).cpu().contiguous()
        if size + tensor.nbytes > SHARD_BYTES and shard:
            shards.append(shard)
            shard, size = {}, 0
        shard[name] = tensor
        size += tensor.nbytes
    shards.append(shard)
    if len(shards) == 1:
        save_file(shards[0], f'{folder}/model.safetensors')
        return
    weight_map = {}
    for number, tensors in enumerate(shards, 1):
        file = f'model-{number:05d}-of-{len(shards):05d}.safetensors'
        save_file(tensors, f'{folder}/{file}')
        weight_map |= {name: file for name in tensors}
    json.dump({'metadata': {}, 'weight_map': weight_map}, open(f'{folder}/model.safetensors.index.json', 'w'))


def load(folder, dtype=torch.bfloat16):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation='sdpa').to('cuda').eval()


@torch.no_grad()
def score(model, sequences, batch):
    """Logit differences; sequences sorted by length, so that batches waste little padding."""
    order = sorted(range(len(sequences)), key=lambda at: len(sequences[at]))
    out = [0.0] * len(sequences)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        longest = max(len(sequences[at]) for at in part)
        ids = torch.zeros(len(part), longest, dtype=torch.long)
        mask = torch.zeros(len(part), longest, dtype=torch.long)
        for row, at in enumerate(part):
            ids[row, longest - len(sequences[at]) :] = torch.tensor(sequences[at])
            mask[row, longest - len(sequences[at]) :] = 1
        logits = model(input_ids=ids.cuda(), attention_mask=mask.cuda(), logits_to_keep=1, use_cache=False).logits[:, -1]
        for at, value in zip(part, (logits[:, YES].float() - logits[:, NO].float()).tolist()):
            out[at] = value
    return out


def timed(label, work, runs):
    work()
    times = []
    for _ in range(runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(f'[transformers] {label}: p50 {times[len(times) // 2]:.1f} ms, min {times[0]:.1f}, max {times[-1]:.1f}', flush=True)


def run(folder):
    model = load(folder)
    generator = torch.Generator().manual_seed(3)
    ids = lambda count: torch.randint(1, 151000, (count,), generator=generator).tolist()
    prefix = ids(PREFIX)
    hundred = [prefix + ids(round(0.6 * 150 + 1.2 * at) + SUFFIX) for at in range(100)]
    for batch in (100, 50, 25):
        timed(f'100 x 150 tokens, batches of {batch}', lambda: score(model, hundred, batch), 4)
    pair = [ids(200)]
    timed('one pair of 200 tokens', lambda: score(model, pair, 1), 20)
    print(f'[transformers] GPU memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB at most', flush=True)


def logits(folder, out):
    generator = torch.Generator().manual_seed(5)
    ids = lambda count: torch.randint(1, 151000, (count,), generator=generator).tolist()
    prefixes = [ids(85), ids(300)]
    cases = [dict(prefix=p, rows=[ids(n) for n in (20, 60, 131, 240, 500, 43, 1, 128)]) for p in prefixes]
    wide = load(folder, torch.float32)
    for case in cases:
        case['logits'] = score(wide, [case['prefix'] + row for row in case['rows']], 1)
    del wide
    half = load(folder)
    worst = 0.0
    for case in cases:
        again = score(half, [case['prefix'] + row for row in case['rows']], 1)
        worst = max([worst] + [abs(a - b) for a, b in zip(again, case['logits'])])
    print(f'[transformers] bf16 against float32: worst logit difference {worst:.2e}; logits {[round(x, 3) for x in cases[0]["logits"]]}', flush=True)
    json.dump({'reference': cases}, open(out, 'w'))


def matmul():
    a = torch.randn(8192, 8192, device='cuda', dtype=torch.bfloat16)
    b = torch.randn(8192, 8192, device='cuda', dtype=torch.bfloat16)
    for _ in range(5):
        a @ b
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(30):
        a @ b
    end.record()
    torch.cuda.synchronize()
    print(f'[machine] {torch.cuda.get_device_name()}, bf16 matmul {30 * 2 * 8192**3 / start.elapsed_time(end) / 1e9:.0f} TFLOP/s', flush=True)


if __name__ == '__main__':
    commands = [[]]
    for argument in sys.argv[1:]:
        commands.append([]) if argument == '--' else commands[-1].append(argument)
    for name, *arguments in commands:
        globals()[name](*arguments)
