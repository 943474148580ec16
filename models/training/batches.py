"""Ranking batches: groups of one prompt head and several documents, packed into long rows.

Every document attends to its group's head and to itself, so a row equals its documents judged one by one.
"""
import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import IterableDataset, get_worker_info

from prepare import ALONE, KEYWORDS, REAL, XL_ANY, XL_ONLY
from prompt import DEFAULT, Prompt

NAMES = dict(en="English", zh="Chinese", zht="Chinese", de="German", fr="French", es="Spanish", ja="Japanese", ko="Korean", ru="Russian", pt="Portuguese")
INSTRUCTIONS = (
    "Given a question, retrieve passages that contain the answer", "Retrieve relevant passages", "Given a search query, find the passage it is about",
    "Retrieve Wikipedia passages that answer the question", "Find documents relevant to the query", "Given a query, retrieve the documentation that answers it",
    "Given a keyword query, retrieve matching passages", "Given a user's question, find the most helpful text")
ANY_LANGUAGE = ("Given a query in any language, retrieve passages in any language that answer it", "Retrieve relevant passages, whatever their language")
ONLY = ("Only {} documents", "Retrieve only passages written in {} that answer the query", "Given a web search query, retrieve relevant {} passages",
        "Only {} documents are relevant", "Find {} documents that answer the query")
# How a document came into its group.
GOLD, HARD, RANDOM, EMPTY, ATTRACTOR = range(5)
GROUP = 8


class Batches(IterableDataset):
    def __init__(self, store, queries, negatives, tokenizer_path, rows, length, attractors, seed):
        self.store, self.queries, self.negatives, self.path = store, queries, negatives, tokenizer_path
        self.rows, self.length, self.attractors, self.seed = rows, length, attractors, seed
        self.groups = rows * length // 500
        self.real = np.flatnonzero(queries.kind[:len(negatives)] == REAL)

    def __iter__(self):
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        self.rng = np.random.default_rng([self.seed, worker])
        self.prompt = Prompt(Tokenizer.from_file(self.path))
        pending = None
        order = self.order(worker, workers)
        while True:
            batch = Packed(self.rows, self.length, self.groups, self.prompt.end)
            while True:
                pending = pending or self.group(next(order))
                if pending and not batch.add(*pending):
                    break
                pending = None
            yield batch.tensors()

    def order(self, worker, workers):
        """Queries in random order; those of the question sets come up more often."""
        epoch = 0
        while True:
            shuffled = np.random.default_rng([self.seed, 7, epoch]).permutation(len(self.negatives))[worker::workers]
            for i in shuffled:
                yield int(i)
                if self.rng.random() < 0.14:
                    yield int(self.rng.choice(self.real))
            epoch += 1

    def language(self, i):
        return NAMES[self.store.languages[self.store.language[i]]]

    def instruction(self, q, gold):
        """The instruction, and the language that it asks for."""
        kind, pick = self.queries.kind[q], self.rng.random()
        if kind == XL_ONLY or pick < 0.05:
            return self.rng.choice(ONLY).format(self.language(gold)), self.language(gold)
        if kind == XL_ANY and pick < 0.4:
            return str(self.rng.choice(ANY_LANGUAGE)), None
        return (DEFAULT if pick < 0.65 else str(self.rng.choice(INSTRUCTIONS))), None

    def group(self, q):
        """(head tokens, [document tokens], [document numbers], [origins]) or None."""
        store, rng, gold = self.store, self.rng, int(self.queries.gold[q])
        instruction, asked = self.instruction(q, gold)
        longest = int(rng.choice((64, 128, 200, 280, 280, 400, 900), p=(0.05, 0.15, 0.25, 0.25, 0.14, 0.12, 0.04)))
        size = GROUP if longest <= 400 else 4
        mined = self.negatives[q]
        mined = mined[mined >= 0]
        if len(mined) > 3 and self.queries.kind[q] == KEYWORDS:
            mined = mined[1:]  # often as good an answer as the gold passage
        documents, origins = [], []

        def place(number, origin):
            if len(documents) < size - 1 and number != gold and number not in documents:
                documents.append(int(number))
                origins.append(origin)

        for number in self.queries.extras(q):
            place(number, HARD)
        if asked and self.queries.kind[q] != XL_ONLY:
            other = int(rng.integers(len(store)))
            if self.language(other) != asked:
                place(other, RANDOM)
        if self.queries.exclude[q] == ALONE and rng.random() < 0.5:
            d = store.document[gold]
            place(rng.integers(store.first[d], store.first[d + 1]), HARD)
        top = mined[:5]
        for number in rng.permutation(top)[:3]:
            place(number, HARD)
        if len(mined) > 5:
            for number in rng.permutation(mined[5:])[:1 + (rng.random() < 0.5)]:
                place(number, HARD)
        if rng.random() < 0.5:
            place(self.attractors[int(rng.integers(len(self.attractors)))], ATTRACTOR)
        if rng.random() < 0.08:
            place(-1, EMPTY)
        while len(documents) < size - 1:
            near = store.by_language[store.language[gold]]
            place(rng.choice(near) if rng.random() < 0.7 else rng.integers(len(store)), RANDOM)
        if rng.random() > 0.05:
            documents.insert(0, gold)
            origins.insert(0, GOLD)
        else:  # a group without an answer
            place(rng.integers(len(store)), RANDOM)
        style = rng.random()
        tokens = [self.render(d, style if rng.random() < 0.9 else rng.random(), longest) for d in documents]
        query = self.queries.text(q)
        head = self.prompt.head(instruction, query)
        return head, tokens, documents, origins

    def render(self, number, style, longest):
        if number < 0:
            return np.concatenate([self.prompt.space, self.prompt.suffix])
        store, parts = self.store, []
        if style < 0.3:
            parts += [store.title(number), self.prompt.colon]
        elif style < 0.42:
            heading = store.heading(number)
            parts += [store.title(number)] + ([self.prompt.dash, heading] if len(heading) else []) + [self.prompt.colon]
        parts.append(store.text(number))
        return np.concatenate([np.concatenate(parts)[:longest], self.prompt.suffix])


class Packed:
    def __init__(self, rows, length, groups, pad):
        self.ids = np.full((rows, length), pad, np.int32)
        self.positions = np.zeros((rows, length), np.int32)
        self.group = np.full((rows, length), -1, np.int32)
        self.segment = np.zeros((rows, length), np.int32)
        self.last = np.zeros((groups, GROUP), np.int64)
        self.valid = np.zeros((groups, GROUP), bool)
        self.gold = np.zeros((groups, GROUP), bool)
        self.number = np.full((groups, GROUP), -1, np.int64)
        self.origin = np.zeros((groups, GROUP), np.int64)
        self.used = np.zeros(rows, np.int64)
        self.count, self.row = 0, 0

    def add(self, head, documents, numbers, origins):
        size = len(head) + sum(map(len, documents))
        rows, length = self.ids.shape
        if self.count == len(self.last):
            return False
        fits = np.flatnonzero(self.used + size <= length)
        if not len(fits):
            return False
        row, g = fits[0], self.count
        at = self.used[row]
        self.group[row, at:at + size] = g
        for k, piece in enumerate([head] + list(documents)):
            end = at + len(piece)
            self.ids[row, at:end] = piece
            self.segment[row, at:end] = k
            offset = 0 if k == 0 else len(head)
            self.positions[row, at:end] = np.arange(offset, offset + len(piece))
            if k:
                self.last[g, k - 1] = row * length + end - 1
            at = end
        n = len(documents)
        self.valid[g, :n] = True
        self.gold[g, 0] = origins[0] == GOLD
        self.number[g, :n], self.origin[g, :n] = numbers, origins
        self.used[row] = at
        self.count += 1
        return True

    def tensors(self):
        return tuple(map(torch.from_numpy, (self.ids, self.positions, self.group, self.segment, self.last, self.valid, self.gold, self.number, self.origin)))
