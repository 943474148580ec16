"""Stage 2: ranking. Softmax cross-entropy within each group, and plain binary cross-entropy so that P >= 0.5 is calibrated.

    python stage2.py --shards DIR --tokenizer DIR --init stage1.done.pt --out DIR --seconds N

Wrong passages that score high although they were drawn at random become attractors, and negatives of later groups.
Writes `stage2.pt` regularly and resumes from it.
"""
import argparse
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.utils.data import DataLoader

from batches import ATTRACTOR, RANDOM, Batches
from model import Model
from prompt import Prompt
from store import Queries, Store


class Visibility:
    """Causal attention within a group, to its head and to the own document; the tensors are filled anew for each batch."""

    def __init__(self, rows, length, device, dense):
        self.group, self.segment = (torch.zeros(rows, length, dtype=torch.int32, device=device) for _ in range(2))
        self.rows, self.length, self.device, self.dense = rows, length, device, dense
        self.make = torch.compile(create_block_mask) if not dense else None

        def mask(b, h, q, k):
            same = (self.group[b, q] == self.group[b, k]) & (self.group[b, q] >= 0)
            mine = (self.segment[b, k] == 0) | (self.segment[b, k] == self.segment[b, q])
            return (q >= k) & ((same & mine) | (q == k))
        self.mask = mask

    def of(self, group, segment):
        self.group.copy_(group)
        self.segment.copy_(segment)
        if not self.dense:
            return self.make(self.mask, self.rows, None, self.length, self.length, device=self.device)
        index = torch.arange(self.length, device=self.device)
        row = torch.arange(self.rows, device=self.device)
        return self.mask(row[:, None, None], 0, index[None, :, None], index[None, None, :])[:, None]


def main():
    parser = argparse.ArgumentParser()
    for name in ("shards", "tokenizer", "init", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--length", type=int, default=4096)
    parser.add_argument("--rate", type=float, default=7e-4)
    parser.add_argument("--workers", type=int, default=10)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--dense", action="store_true", help="a dense attention mask instead of flex attention (always so on the CPU)")
    args = parser.parse_args()
    begin = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dense = args.dense or device == "cpu"
    torch.manual_seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    store, queries = Store(args.shards), Queries(args.shards)
    negatives = np.load(f"{args.shards}/negatives.npy")
    attractors = torch.randint(len(store), (2048,)).share_memory_()
    path = f"{args.tokenizer}/tokenizer.json"
    prompt = Prompt(Tokenizer.from_file(path))
    model = Model().to(device)
    model.model.dtype = torch.bfloat16
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.02, fused=device == "cuda")
    step, spent, checkpoint = 0, 0.0, f"{args.out}/stage2.pt"
    state = torch.load(checkpoint, map_location=device) if os.path.exists(checkpoint) else None
    if state:
        attractors.copy_(state["attractors"].cpu())
        step, spent = state["step"], state["spent"]
    batches = Batches(store, queries, negatives, path, args.rows, args.length, attractors, args.seed + step)
    loader = DataLoader(batches, batch_size=None, num_workers=args.workers, pin_memory=device == "cuda", prefetch_factor=4 if args.workers else None)

    visibility = Visibility(args.rows, args.length, device, dense)

    def forward(ids, positions, mask, last):
        if dense:
            attend = lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            attend = lambda q, k, v: flex_attention(q, k, v, block_mask=mask)
        with torch.autocast(device, torch.bfloat16):
            hidden = model(ids, positions, attend)
        chosen = hidden.flatten(0, 1)[last.flatten()].float()
        weight = model.model.embed_tokens.weight
        return (chosen @ (weight[prompt.yes] - weight[prompt.no]).float()).view(last.shape)

    compiled = torch.compile(forward, dynamic=False) if device == "cuda" else forward

    def save():
        torch.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), attractors=attractors, step=step, spent=spent + time.time() - begin), f"{checkpoint}.part")
        os.rename(f"{checkpoint}.part", checkpoint)

    # Compile first, then wait for the model of stage 1: both stages may be started together.
    stream = iter(loader)
    ids, positions, group, segment, last = (t.to(device) for t in next(stream)[:5])
    compiled(ids, positions, visibility.of(group, segment), last).sum().backward()
    while not state and not os.path.exists(args.init):
        time.sleep(0.2)
    model.load_state_dict(state["model"] if state else torch.load(args.init, map_location=device))
    if state:
        optimizer.load_state_dict(state["optimizer"])
    begin = time.time()
    report, saved, sums, cursor = time.time(), time.time(), torch.zeros(6, device=device), 0
    print(f"{len(store)} passages, {len(negatives)} queries", flush=True)
    for batch in stream:
        ids, positions, group, segment, last, valid, gold, number, origin = (t.to(device, non_blocking=True) for t in batch)
        progress = (spent + time.time() - begin) / args.seconds
        if progress >= 1 or step >= args.steps:
            break
        rate = args.rate * min(1, (step + 1) / 150) * max(0.01, 0.5 * (1 + math.cos(math.pi * progress)))
        optimizer.param_groups[0]["lr"] = rate
        scores = compiled(ids, positions, visibility.of(group, segment), last)
        answered = gold[:, 0]
        inside = scores.masked_fill(~valid, -1e4)
        rank = (F.cross_entropy(inside, torch.zeros_like(last[:, 0]), reduction="none") * answered).sum() / answered.sum()
        binary = (F.binary_cross_entropy_with_logits(scores, gold.float(), reduction="none") * valid).sum() / valid.sum()
        loss = rank + 2 * binary
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        with torch.no_grad():
            unrelated = valid & ((origin == RANDOM) | (origin == ATTRACTOR)) & (number >= 0)
            worst = scores.masked_fill(~unrelated, -1e4).flatten().topk(8).indices
            first = ((inside.argmax(1) == 0) & answered).sum()
            sums += torch.stack([rank, binary, first, answered.sum(), (inside.argmax(1) != 0).logical_and(answered).sum(), valid.sum()]).float()
            if step % 4 == 0:
                attractors[torch.arange(cursor, cursor + 8) % len(attractors)] = number.flatten()[worst].cpu()
                cursor += 8
        if step % 100 == 0 or step <= 2:
            n = 100 if step % 100 == 0 else 1
            total = sums.tolist()
            print(f"step {step} rank {total[0] / n:.3f} binary {total[1] / n:.4f} first {total[2] / max(1, total[3]):.4f} groups/step {total[3] / n:.0f} "
                  f"{n * args.rows * args.length / (time.time() - report) / 1e6:.2f} Mtok/s {time.time() - begin:.0f} s", flush=True)
            report = time.time()
            sums.zero_()
        if time.time() - saved > 90:
            save()
            saved = time.time()
    save()
    torch.save({k: v.half() for k, v in model.state_dict().items()}, f"{args.out}/stage2.done.pt")
    print(f"done: {step} steps", flush=True)


if __name__ == "__main__":
    main()
