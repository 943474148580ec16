"""Stage `ship`: split the shards into smaller parts and compress them for a machine that receives them in pieces.

    python ship.py --shards DIR --out DIR [--split 4]
"""
import argparse
import json
import lzma
import os
from multiprocessing import Pool

import numpy as np

# Tokens are two bytes wide: position and literal contexts of two bytes.
FILTERS = [dict(id=lzma.FILTER_LZMA2, preset=1, lc=2, lp=1, pb=1, dict_size=1 << 26)]


def compress(job):
    path, arrays = job
    with lzma.open(f"{path}.part", "wb", filters=FILTERS) as sink:
        np.savez(sink, **arrays)
    os.rename(f"{path}.part", path)
    return path, os.path.getsize(path)


def pieces(path, split):
    part = dict(np.load(path))
    sizes = part["sizes"].astype(np.int64)
    bounds = np.linspace(0, len(sizes), split + 1).astype(int)
    passages = np.concatenate([[0], np.cumsum(sizes)])
    for a, b in zip(bounds[:-1], bounds[1:]):
        out = {name: part[name][a:b] for name in ("sizes", "language", "source")}
        for name, low, high in (("text", passages[a], passages[b]), ("heading", passages[a], passages[b]), ("title", a, b)):
            lengths = part[f"{name}_lengths"]
            starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
            out[name], out[f"{name}_lengths"] = part[name][starts[low]:starts[high]], lengths[low:high]
        yield out


def jobs(args, meta):
    yield f"{args.out}/queries.npz.xz", dict(np.load(f"{args.shards}/queries.npz"))
    for part in range(meta["parts"]):
        for k, arrays in enumerate(pieces(f"{args.shards}/part-{part}.npz", args.split)):
            yield f"{args.out}/part-{part * args.split + k}.npz.xz", arrays


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--split", type=int, default=4)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    meta = json.load(open(f"{args.shards}/meta.json"))
    with Pool(2) as pool:
        for path, size in pool.imap_unordered(compress, jobs(args, meta)):
            print(path, f"{size / 1e6:.1f} MB", flush=True)
    json.dump({**meta, "parts": meta["parts"] * args.split}, open(f"{args.out}/meta.json", "w"))


if __name__ == "__main__":
    main()
