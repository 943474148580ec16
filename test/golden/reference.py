"""Scores by Hugging Face transformers, in float64 from end to end, one unpadded sequence at a time."""

from pathlib import Path

import torch
from transformers import AutoConfig, Qwen3ForCausalLM, Qwen3ForSequenceClassification
from transformers.models.qwen3 import modeling_qwen3


class Norm64(torch.nn.Module):
    """Qwen3RMSNorm without its detour through float32."""

    def __init__(self, source: torch.nn.Module):
        super().__init__()
        self.weight, self.eps = source.weight, source.variance_epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class Rotary64(torch.nn.Module):
    """Qwen3RotaryEmbedding without float32: at position 8,000 a float32 angle is off by about 2e-4."""

    def __init__(self, config):
        super().__init__()
        theta = float(config.rope_parameters['rope_theta'])
        self.frequencies = theta ** (-torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim)

    def forward(self, x: torch.Tensor, position_ids: torch.Tensor, *_):
        angles = position_ids[..., None].double() * self.frequencies
        angles = torch.cat((angles, angles), -1)
        return angles.cos(), angles.sin()


class Reference:
    """`exact` replaces the two places where the model falls back to float32 whatever its dtype."""

    def __init__(self, directory: Path, yes: int, no: int, exact: bool = True):
        config = AutoConfig.from_pretrained(directory)
        self._classifier = config.architectures == ['Qwen3ForSequenceClassification']
        kind = Qwen3ForSequenceClassification if self._classifier else Qwen3ForCausalLM
        model, info = kind.from_pretrained(
            directory, dtype=torch.float64, attn_implementation='sdpa', output_loading_info=True
        )
        assert not info['missing_keys'] and not info['unexpected_keys'] and not info['mismatched_keys'], info
        self._model, self._yes, self._no = model.eval(), yes, no
        if exact:
            for module in list(model.modules()):
                for name, child in list(module.named_children()):
                    if isinstance(child, modeling_qwen3.Qwen3RMSNorm):
                        setattr(module, name, Norm64(child))
            model.model.rotary_emb = Rotary64(config)

    @torch.inference_mode()
    def logit(self, ids: list[int]) -> float:
        tokens = torch.tensor([ids])
        if self._classifier:
            return self._model(tokens, use_cache=False).logits[0, 0].item()
        logits = self._model(tokens, logits_to_keep=1, use_cache=False).logits[0, -1]
        return (logits[self._yes] - logits[self._no]).item()
