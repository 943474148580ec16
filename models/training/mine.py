"""Stage `mine`: BM25 over the tokens of the passages; the best wrong passages of every query become its hard negatives.

    python mine.py --shards DIR --workers 14 [--limit N]

Writes `negatives.npy` ([queries, 12] passage numbers, best first, -1 where there are fewer). Passages compete within their language
(both Chinese scripts together), for SHORT queries the short ones alone; the gold passage's section or document is kept out where the query asks for all of it.
"""
import argparse
import itertools
import os
import time

import numba
import numpy as np

from prepare import SHORT
from store import Queries, Store

COUNT = 12


def index_of(store, members, vocabulary, longest=300):
    """Postings of the members: passage (local number) and BM25 weight, ordered by token."""
    starts = store.starts["text"]
    lengths = np.minimum(starts[members + 1] - starts[members], longest)
    flat = np.repeat(starts[members] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) + np.arange(lengths.sum())
    tokens = store.tokens["text"][flat].astype(np.int64)
    local = np.repeat(np.arange(len(members)), lengths)
    pairs, counts = np.unique(tokens * len(members) + local, return_counts=True)
    token, passage = pairs // len(members), (pairs % len(members)).astype(np.int32)
    df = np.bincount(token, minlength=vocabulary)
    idf = np.log(1 + (len(members) - df + 0.5) / (df + 0.5))
    norm = 0.9 * (1 - 0.4 + 0.4 * lengths / lengths.mean())
    weight = (idf[token] * counts * 1.9 / (counts + norm[passage])).astype(np.float32)
    pointer = np.concatenate([[0], np.cumsum(df)])
    return pointer, passage, weight, df


@numba.njit
def best(tokens, pointer, passage, weight, df, most, banned, score, touched, count):
    """The `count` best passages for one query; `banned[p]` passages are skipped. `score` is all zero before and after."""
    n = 0
    for a in range(len(tokens)):
        t = tokens[a]
        if df[t] > most:
            continue
        repeated = False
        for b in range(a):
            if tokens[b] == t:
                repeated = True
        if repeated:
            continue
        for j in range(pointer[t], pointer[t + 1]):
            p = passage[j]
            if score[p] == 0:
                touched[n] = p
                n += 1
            score[p] += weight[j]
    ids = np.full(count, -1, np.int64)
    values = np.zeros(count, np.float32)
    for j in range(n):
        p = touched[j]
        s = score[p]
        score[p] = 0
        if s > values[count - 1] and not (p >= banned[0] and p < banned[1]):
            k = count - 1
            while k > 0 and values[k - 1] < s:
                values[k] = values[k - 1]
                ids[k] = ids[k - 1]
                k -= 1
            values[k] = s
            ids[k] = p
    return ids


@numba.njit(parallel=True)
def mine(queries, q_tokens, q_starts, low, high, pointer, passage, weight, df, most, size, count, workers):
    out = np.full((len(queries), count), -1, np.int64)
    for w in numba.prange(workers):
        score, touched = np.zeros(size, np.float32), np.zeros(size, np.int32)
        for i in range(w, len(queries), workers):
            q = queries[i]
            tokens = q_tokens[q_starts[q]:q_starts[q + 1]].astype(np.int64)
            out[i] = best(tokens, pointer, passage, weight, df, most, (low[i], high[i]), score, touched, count)
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", required=True)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=int, default=10**9)
    args = parser.parse_args()
    numba.set_num_threads(args.workers)
    store, queries, begin = Store(args.shards), Queries(args.shards), time.time()
    vocabulary = int(max(t.max() for t in (store.tokens["text"], queries.tokens))) + 1
    total = min(len(queries), args.limit)
    gold = queries.gold[:total].astype(np.int64)
    negatives = np.full((total, COUNT), -1, np.int64)
    language = store.language.copy()
    language[language == store.languages.index("zht")] = store.languages.index("zh")
    for (k, name), short in itertools.product(enumerate(store.languages), (False, True)):
        members = np.flatnonzero((language == k) & (store.short | (not short)))
        wanted = np.flatnonzero((language[gold] == k) & ((queries.kind[:total] == SHORT) == short))
        if not len(members) or not len(wanted):
            continue
        pointer, passage, weight, df = index_of(store, members, vocabulary)
        starts = np.searchsorted(members, np.arange(len(store) + 1))
        # What is kept out is a run of passages: the gold one, its section, or its document.
        target, level = gold[wanted], queries.exclude[wanted]
        low, high = target.copy(), target + 1
        for i in np.flatnonzero(level == 2):
            low[i], high[i] = store.first[store.document[target[i]]], store.first[store.document[target[i]] + 1]
        for i in np.flatnonzero(level == 1):
            key = store.heading_key[target[i]]
            while low[i] > 0 and store.heading_key[low[i] - 1] == key:
                low[i] -= 1
            while high[i] < len(store) and store.heading_key[high[i]] == key:
                high[i] += 1
        found = mine(wanted, queries.tokens, queries.starts, starts[low], starts[high], pointer, passage, weight, df,
                     max(2000, len(members) // 8), len(members), COUNT, args.workers)
        negatives[wanted] = np.where(found >= 0, members[np.maximum(found, 0)], -1)
        print(f"{name}: {len(wanted)} queries over {len(members)} passages, {time.time() - begin:.0f} s", flush=True)
    np.save(f"{args.shards}/negatives.part.npy", negatives.astype(np.int32))
    os.rename(f"{args.shards}/negatives.part.npy", f"{args.shards}/negatives.npy")


if __name__ == "__main__":
    main()
