"""Stage 1: causal language model on the passages of the shards, document by document.

    python stage1.py --shards DIR --tokenizer DIR --out DIR --seconds N [--parts 1]

It starts with the shards that are there, takes up the others as they arrive, writes `stage1.pt` regularly and resumes from it.
"""
import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Model, causal
from muon import Muon


def rows_of(path, end, length, seed):
    """Documents (title, then headed passages) in random order, joined and cut into rows."""
    part, rng = np.load(path), np.random.default_rng(seed)
    part = {name: part[name] for name in part.files}
    offsets = {name: np.concatenate([[0], np.cumsum(part[f"{name}_lengths"], dtype=np.int64)]) for name in ("text", "heading", "title")}
    text, heading, title = part["text"], part["heading"], part["title"]
    first = np.concatenate([[0], np.cumsum(part["sizes"], dtype=np.int64)])
    pieces, stop = [], np.array([end], np.uint16)
    for d in rng.permutation(len(part["sizes"])):
        pieces.append(title[offsets["title"][d]:offsets["title"][d + 1]])
        last = None
        for p in range(first[d], first[d + 1]):
            head = heading[offsets["heading"][p]:offsets["heading"][p + 1]]
            if len(head) and (last is None or not np.array_equal(head, last)):
                pieces.append(head)
            last = head
            pieces.append(text[offsets["text"][p]:offsets["text"][p + 1]])
        pieces.append(stop)
    tokens = np.concatenate(pieces)
    count = len(tokens) // length
    return tokens[:count * length].reshape(count, length)


def main():
    parser = argparse.ArgumentParser()
    for name in ("shards", "tokenizer", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--parts", type=int, default=3)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--steps", type=int, default=10**9)
    args = parser.parse_args()
    begin = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    os.makedirs(args.out, exist_ok=True)
    end = Tokenizer.from_file(f"{args.tokenizer}/tokenizer.json").token_to_id("<|endoftext|>")
    model = Model().to(device)
    model.model.dtype = torch.bfloat16
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.dim() == 1 or "embed" in n]
    optimizers = [Muon(matrices, args.muon_rate), torch.optim.AdamW(others, lr=args.rate, betas=(0.9, 0.95), weight_decay=0.0, fused=device == "cuda")]
    peaks = [args.muon_rate, args.rate]
    step, spent = 0, 0.0
    checkpoint = f"{args.out}/stage1.pt"
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, map_location=device)
        model.load_state_dict(state["model"])
        for optimizer, saved_state in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved_state)
        step, spent = state["step"], state["spent"]
    positions = torch.arange(args.length - 1, device=device)[None]

    def loss_of(rows):
        with torch.autocast(device, torch.bfloat16):
            hidden = model(rows[:, :-1], positions, causal)
            logits = F.linear(hidden, model.model.embed_tokens.weight.to(hidden.dtype))
        return F.cross_entropy(logits.flatten(0, 1).float(), rows[:, 1:].flatten().long())

    compiled = torch.compile(loss_of) if device == "cuda" else loss_of
    data, reading, loaded, order, at = None, {}, 0, None, 0
    readers = ProcessPoolExecutor(3, get_context("spawn"))

    def save():
        torch.save(dict(model=model.state_dict(), optimizers=[o.state_dict() for o in optimizers], step=step, spent=spent + time.time() - begin), f"{checkpoint}.part")
        os.rename(f"{checkpoint}.part", checkpoint)

    report, saved = time.time(), time.time()
    while spent + time.time() - begin < args.seconds and step < args.steps:
        if step % 20 == 0 and loaded < args.parts:
            for part in set(range(args.parts)) - set(reading):
                path = f"{args.shards}/part-{part}.npz"
                if os.path.exists(path):
                    reading[part] = readers.submit(rows_of, path, end, args.length, part)
            for part, future in reading.items():
                if future and (future.done() or data is None):
                    rows = torch.from_numpy(future.result().astype(np.int32)).to(device)
                    data, order = rows if data is None else torch.cat([data, rows]), None
                    reading[part], loaded = None, loaded + 1
                    print(f"part {part} loaded, {len(data)} rows, {time.time() - begin:.0f} s", flush=True)
        if order is None or at + args.batch > len(order):
            order, at = torch.randperm(len(data), device=device), 0
        rows = data[order[at:at + args.batch]]
        at += args.batch
        progress = min(1, (spent + time.time() - begin) / args.seconds)
        factor = min(1, (step + 1) / 200) * (1 if progress < 0.55 else max(0.05, 1 - 0.95 * (progress - 0.55) / 0.45))
        for optimizer, peak in zip(optimizers, peaks):
            optimizer.param_groups[0]["lr"] = peak * factor
        loss = compiled(rows)
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        if step % 100 == 0 or step == 1:
            print(f"step {step} loss {loss.item():.3f} {100 * args.batch * args.length / (time.time() - report) / 1e6:.2f} Mtok/s {time.time() - begin:.0f} s", flush=True)
            report = time.time()
        if time.time() - saved > 120:
            save()
            saved = time.time()
    save()
    torch.save(model.state_dict(), f"{args.out}/stage1.done.part")
    os.rename(f"{args.out}/stage1.done.part", f"{args.out}/stage1.done.pt")
    print(f"done: {step} steps, {step * args.batch * args.length / 1e6:.0f} M tokens", flush=True)


if __name__ == "__main__":
    main()
