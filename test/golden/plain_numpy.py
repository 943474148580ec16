"""A second opinion, written from the architecture's description and sharing no code with transformers."""

import numpy as np

import seeded


def decode(spec: dict, values: np.ndarray) -> np.ndarray:
    if spec['dtype'] == 'BF16':
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32).astype(np.float64)
    return values.astype(np.float64)


def weights(spec: dict) -> dict[str, np.ndarray]:
    tables: dict = {}
    return {t['name']: decode(spec, seeded.stored(spec, t, tables)) for t in seeded.tensors(spec)}


def logit(spec: dict, w: dict[str, np.ndarray], ids: list[int], yes: int, no: int, **twist) -> float:
    """`twist` spoils one detail at a time, to show that the cases would notice."""
    heads, kv_heads, d = spec['heads'], spec['kvHeads'], spec['headDim']
    eps = twist.get('eps', spec['rmsNormEps'])
    theta = twist.get('theta', spec['ropeTheta'])

    def norm(x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weight

    positions = np.arange(len(ids)) + 0.0
    positions[twist.get('shift_from', len(ids)) :] += 1
    angles = positions[:, None] / theta ** (np.arange(0, d, 2) / d)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]

    def rotate(x):
        a, b = x[..., : d // 2], x[..., d // 2 :]
        if twist.get('interleaved'):
            a, b = x[..., ::2], x[..., 1::2]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    x = w['model.embed_tokens.weight'][ids]
    visible = np.tril(np.ones((len(ids), len(ids)), bool))
    if twist.get('not_causal'):
        visible[:] = True
    for layer in range(spec['layers']):
        p = {k.split(f'layers.{layer}.')[1]: v for k, v in w.items() if f'layers.{layer}.' in k}
        h = norm(x, p['input_layernorm.weight'])
        q = (h @ p['self_attn.q_proj.weight'].T).reshape(-1, heads, d)
        k = (h @ p['self_attn.k_proj.weight'].T).reshape(-1, kv_heads, d)
        v = (h @ p['self_attn.v_proj.weight'].T).reshape(-1, kv_heads, d)
        if not twist.get('no_qk_norm'):
            q, k = norm(q, p['self_attn.q_norm.weight']), norm(k, p['self_attn.k_norm.weight'])
        q, k = rotate(q), rotate(k)
        out = np.empty_like(q)
        for head in range(heads):
            own = head % kv_heads if twist.get('group_order') else head // (heads // kv_heads)
            scores = np.where(visible, q[:, head] @ k[:, own].T / np.sqrt(d), -np.inf)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            out[:, head] = scores / scores.sum(-1, keepdims=True) @ v[:, own]
        x = x + out.reshape(len(ids), -1) @ p['self_attn.o_proj.weight'].T
        h = norm(x, p['post_attention_layernorm.weight'])
        gate = h @ p['mlp.gate_proj.weight'].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ p['mlp.up_proj.weight'].T)) @ p['mlp.down_proj.weight'].T
    last = norm(x[-1], w['model.norm.weight'])
    if 'score.weight' in w:
        return float(w['score.weight'][0] @ last)
    head = w.get('lm_head.weight', w['model.embed_tokens.weight'])
    return float((head[yes] - head[no]) @ last)
