"""Exports in the shapes that published repositories have."""

import onnx
import torch
from transformers import DynamicCache

B, S, P, T = 'batch_size', 'sequence_length', 'past_sequence_length', 'total_sequence_length'


class Classifier(torch.nn.Module):
    """input_ids, attention_mask and (where the model has it) token_type_ids to logits [B, labels]."""

    def __init__(self, model, names):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs):
        return self.model(**dict(zip(self.names, inputs))).logits


class Causal(torch.nn.Module):
    """A causal model: with or without position ids and a cache, with all logits or the last position's."""

    def __init__(self, model, names, last, cache):
        super().__init__()
        self.model, self.names, self.last, self.cache = model, names, last, cache

    def forward(self, *inputs):
        named = dict(zip(self.names, inputs))
        keep = named.pop('num_logits_to_keep', None)
        past = DynamicCache(config=self.model.config)
        if self.cache:
            for layer, (key, value) in enumerate(zip(inputs[len(self.names) :: 2], inputs[len(self.names) + 1 :: 2])):
                past.update(key, value, layer)
        result = self.model(**named, past_key_values=past, use_cache=self.cache, logits_to_keep=1 if self.last else 0)
        if keep is not None:
            return result.logits[:, -keep:, :]
        if not self.cache:
            return result.logits
        present = [tensor for layer in result.past_key_values.layers for tensor in (layer.keys, layer.values)]
        return (result.logits, *present)


def save(module, inputs, names, outputs, axes, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(module.eval(), tuple(inputs), str(path), input_names=names, output_names=outputs, dynamic_axes=axes,
                          opset_version=18, dynamo=False, do_constant_folding=True)  # fmt: skip
    onnx.checker.check_model(str(path))


def classifier(model, names, path):
    inputs = {
        'input_ids': torch.randint(5, 40, (2, 9)), 'attention_mask': torch.ones(2, 9, dtype=torch.long),
        'token_type_ids': torch.zeros(2, 9, dtype=torch.long),
    }  # fmt: skip
    inputs['attention_mask'][1, 6:] = 0
    axes = {name: {0: B, 1: S} for name in names}
    save(Classifier(model, names), [inputs[name] for name in names], names, ['logits'], {**axes, 'logits': {0: B}}, path)


def causal(model, path, positions=True, last=False, cache=False, keep=False):
    names = ['input_ids', 'attention_mask'] + (['position_ids'] if positions else [])
    axes = {name: {0: B, 1: S} for name in names}
    names += ['num_logits_to_keep'] if keep else []
    config = model.config
    past = 3 if cache else 0
    mask = torch.ones(2, 9 + past, dtype=torch.long)
    mask[1, :4] = 0
    inputs = {'input_ids': torch.randint(5, 40, (2, 9)), 'attention_mask': mask,
              'position_ids': torch.arange(past, 9 + past).repeat(2, 1), 'num_logits_to_keep': torch.tensor(1)}  # fmt: skip
    axes['attention_mask'] = {0: B, 1: T if cache else S}
    axes['logits'] = {0: B} if last else {0: B, 1: S}
    feeds, inputs_, outputs = [inputs[name] for name in names], list(names), ['logits']
    if cache:
        for layer in range(config.num_hidden_layers):
            for part in ('key', 'value'):
                feeds.append(torch.randn(2, config.num_key_value_heads, past, config.head_dim))
                inputs_.append(f'past_key_values.{layer}.{part}')
                outputs.append(f'present.{layer}.{part}')
                axes[inputs_[-1]] = {0: B, 2: P}
                axes[outputs[-1]] = {0: B, 2: T}
    save(Causal(model, names, last, cache), feeds, inputs_, outputs, axes, path)

