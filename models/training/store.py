"""The shards as one set of arrays: token slices of every passage, its heading and its document's title."""
import json

import numpy as np


SHORT = 56  # tokens of a passage that counts as short


class Store:
    def __init__(self, folder):
        meta = json.load(open(f"{folder}/meta.json"))
        self.languages, self.sources, self.strata = meta["languages"], meta["sources"], meta["strata"]
        parts = [dict(np.load(f"{folder}/part-{k}.npz")) for k in range(meta["parts"])]

        def join(name):
            return np.concatenate([p[name] for p in parts])

        self.tokens, self.starts = {}, {}
        for name in ("text", "heading", "title"):
            self.tokens[name] = join(name)
            self.starts[name] = np.concatenate([[0], np.cumsum(join(f"{name}_lengths"), dtype=np.int64)])
        sizes = join("sizes")
        self.first = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        self.document = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        self.language = np.repeat(join("language"), sizes)
        self.source = np.repeat(join("source"), sizes)
        self.heading_key = self._heading_keys()
        self.by_language = [np.flatnonzero(self.language == k) for k in range(len(self.languages))]

        size = np.diff(self.starts["text"])
        self.short = (size >= 4) & (size <= SHORT)

    def __len__(self):
        return len(self.document)

    def _heading_keys(self):
        """A number that two passages share when they share document and heading."""
        starts, tokens = self.starts["heading"], self.tokens["heading"].astype(np.int64)
        mixed = np.concatenate([[0], np.cumsum((tokens + 1) * (tokens * 7 + 13) % 1000003, dtype=np.int64)])
        return (mixed[starts[1:]] - mixed[starts[:-1]]) * 1000003 + self.document

    def slice(self, name, i):
        starts = self.starts[name]
        return self.tokens[name][starts[i]:starts[i + 1]]

    def text(self, i):
        return self.slice("text", i)

    def heading(self, i):
        return self.slice("heading", i)

    def title(self, i):
        return self.slice("title", self.document[i])


class Queries:
    def __init__(self, folder):
        data = np.load(f"{folder}/queries.npz")
        self.tokens, self.gold, self.kind, self.exclude, self.extra, self.stratum = (data[k] for k in ("tokens", "gold", "kind", "exclude", "extra", "stratum"))
        self.starts = np.concatenate([[0], np.cumsum(data["lengths"], dtype=np.int64)])
        self.extra_starts = np.concatenate([[0], np.cumsum(data["extra_lengths"], dtype=np.int64)])

    def __len__(self):
        return len(self.gold)

    def text(self, i):
        return self.tokens[self.starts[i]:self.starts[i + 1]]

    def extras(self, i):
        return self.extra[self.extra_starts[i]:self.extra_starts[i + 1]].astype(np.int64)
