"""A causal model whose attention is the fused operator of optimised exports, with what numpy says of it."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

HIDDEN, HEADS, HEAD, POSITIONS = 32, 2, 16, 512


class Grouped:
    def __init__(self, vocab, seed=11):
        random = np.random.default_rng(seed)
        make = lambda *shape: random.normal(0, 0.4, shape).astype(np.float32)
        self.embedding, self.query, self.output = make(vocab, HIDDEN), make(HIDDEN, HEADS * HEAD), make(HEADS * HEAD, HIDDEN)
        self.key, self.value = make(HIDDEN, HEAD), make(HIDDEN, HEAD)
        angles = np.outer(np.arange(POSITIONS), 1e4 ** (-np.arange(HEAD // 2) * 2 / HEAD))
        self.cos, self.sin = np.cos(angles), np.sin(angles)

    def logits(self, ids):
        """Logits of the last position, in float64."""
        states = self.embedding.astype(np.float64)[ids]
        length = len(ids)
        query = self.turn((states @ self.query).reshape(length, HEADS, HEAD))
        key = self.turn((states @ self.key).reshape(length, 1, HEAD))
        scores = np.einsum('qhd,kd->hqk', query, key[:, 0]) / np.sqrt(HEAD)
        scores += np.triu(np.full((length, length), -np.inf), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = np.einsum('hqk,kd->qhd', weights, states @ self.value).reshape(length, -1)
        return (states + mixed @ self.output)[-1] @ self.embedding.T.astype(np.float64)

    def turn(self, heads):
        cos, sin = (table[: len(heads), None] for table in (self.cos, self.sin))
        left, right = heads[..., : HEAD // 2], heads[..., HEAD // 2 :]
        return np.concatenate([left * cos - right * sin, right * cos + left * sin], -1)

    def graph(self):
        weights = {
            'embedding': self.embedding, 'head': self.embedding.T.copy(), 'query': self.query, 'key': self.key,
            'value': self.value, 'output': self.output, 'cos': self.cos.astype(np.float32), 'sin': self.sin.astype(np.float32),
            'one': np.array([1], np.int64), 'one_index': np.array(1, np.int64),
        }  # fmt: skip
        node = helper.make_node
        nodes = [
            node('Gather', ['embedding', 'input_ids'], ['states']),
            *[node('MatMul', ['states', name], [name[0]]) for name in ('query', 'key', 'value')],
            node('ReduceSum', ['attention_mask', 'one'], ['count'], keepdims=0),
            node('Sub', ['count', 'one'], ['last']),
            node('Cast', ['last'], ['seqlens_k'], to=TensorProto.INT32),
            node('Shape', ['attention_mask'], ['shape']),
            node('Gather', ['shape', 'one_index'], ['total64']),
            node('Cast', ['total64'], ['total'], to=TensorProto.INT32),
            node('GroupQueryAttention',
                 ['q', 'k', 'v', 'past_key_values.0.key', 'past_key_values.0.value', 'seqlens_k', 'total', 'cos', 'sin'],
                 ['mixed', 'present.0.key', 'present.0.value'], domain='com.microsoft', num_heads=HEADS, kv_num_heads=1, do_rotary=1),
            node('MatMul', ['mixed', 'output'], ['added']),
            node('Add', ['states', 'added'], ['final']),
            node('MatMul', ['final', 'head'], ['logits']),
        ]  # fmt: skip
        integers = lambda name, second: helper.make_tensor_value_info(name, TensorProto.INT64, ['batch', second])
        floats = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        cache = lambda part, length: [floats(f'{part}.0.{name}', 'batch', 1, length, HEAD) for name in ('key', 'value')]
        inputs = [integers('input_ids', 'length'), integers('attention_mask', 'total'), *cache('past_key_values', 'past')]
        outputs = [floats('logits', 'batch', 'length', len(self.embedding)), *cache('present', 'total')]
        graph = helper.make_graph(nodes, 'grouped', inputs, outputs, [numpy_helper.from_array(v, k) for k, v in weights.items()])
        opsets = [helper.make_opsetid('', 18), helper.make_opsetid('com.microsoft', 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
