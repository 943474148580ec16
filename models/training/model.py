"""The model in plain PyTorch: Qwen3 architecture, parameter names as in Hugging Face's Qwen3ForCausalLM."""
import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = dict(vocab_size=32768, hidden_size=384, num_hidden_layers=12, num_attention_heads=6, num_key_value_heads=3, head_dim=64,
              intermediate_size=1024, rope_theta=10000.0, rms_norm_eps=1e-6, max_position_embeddings=8192)


class RMSNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), CONFIG["rms_norm_eps"])


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden, self.heads, self.kv_heads, self.size = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        self.q_proj = nn.Linear(hidden, self.heads * self.size, False)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.size, False)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.size, False)
        self.o_proj = nn.Linear(self.heads * self.size, hidden, False)
        self.q_norm, self.k_norm = RMSNorm(self.size), RMSNorm(self.size)

    def forward(self, x, cos, sin, attend):
        batch, length, _ = x.shape

        def split(projected, heads):
            return projected.view(batch, length, heads, self.size)

        def rotate(t):
            a, b = t.chunk(2, -1)
            return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

        q = rotate(self.q_norm(split(self.q_proj(x), self.heads)).transpose(1, 2))
        k = rotate(self.k_norm(split(self.k_proj(x), self.kv_heads)).transpose(1, 2))
        v = split(self.v_proj(x), self.kv_heads).transpose(1, 2)
        groups = self.heads // self.kv_heads
        out = attend(q, k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1))
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden, inner = c["hidden_size"], c["intermediate_size"]
        self.gate_proj, self.up_proj, self.down_proj = nn.Linear(hidden, inner, False), nn.Linear(hidden, inner, False), nn.Linear(inner, hidden, False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.self_attn, self.mlp = Attention(c), MLP(c)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(c["hidden_size"]), RMSNorm(c["hidden_size"])

    def forward(self, x, cos, sin, attend):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, attend)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config, self.dtype = c, torch.float32  # under bf16 autocast set `dtype` to bf16
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"])
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)
        for layer in self.layers:
            for linear in (layer.self_attn.o_proj, layer.mlp.down_proj):
                linear.weight.data.mul_((2 * c["num_hidden_layers"]) ** -0.5)

    def forward(self, ids, positions, attend):
        size = self.config["head_dim"]
        frequency = self.config["rope_theta"] ** (-torch.arange(0, size, 2, device=ids.device).float() / size)
        angle = (positions.float()[..., None] * frequency)[:, None]
        x = self.embed_tokens(ids).to(self.dtype)
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        for layer in self.layers:
            x = layer(x, cos, sin, attend)
        return self.norm(x)


class Model(nn.Module):
    """Tied embeddings: `model.embed_tokens` is also the head."""

    def __init__(self, config=CONFIG):
        super().__init__()
        self.model = Body(config)

    def forward(self, ids, positions, attend):
        return self.model(ids, positions, attend)


def causal(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)

