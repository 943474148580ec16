"""Stage 1: causal language model on the passages of the shards, document by document, that also learns the teacher's embedding.

    python stage1.py --shards DIR --tokenizer DIR --teacher DIR --out DIR --seconds N [--parts 4]

Token embeddings start as the teacher's (`embed.npy`). Once `passages.npy` is there, the hidden state at every token of a passage is
also drawn towards the teacher's embedding of the whole passage, through a projection that is thrown away.
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

from model import CONFIG, Model, causal
from muon import Muon
from parallel import Progress, average_gradients, start


def rows_of(path, before, end, length, seed):
    """Documents (title, then headed passages) in random order, joined and cut into rows: tokens, and for each the passage it is of or -1.

    `before` is the number of passages in the parts before this one.
    """
    part, rng = np.load(path), np.random.default_rng(seed)
    part = {name: part[name] for name in part.files}
    offsets = {name: np.concatenate([[0], np.cumsum(part[f"{name}_lengths"], dtype=np.int64)]) for name in ("text", "heading", "title")}
    text, heading, title = part["text"], part["heading"], part["title"]
    first = np.concatenate([[0], np.cumsum(part["sizes"], dtype=np.int64)])
    pieces, owners, stop = [], [], np.array([end], np.uint16)
    for d in rng.permutation(len(part["sizes"])):
        pieces.append(title[offsets["title"][d]:offsets["title"][d + 1]])
        last = None
        for p in range(first[d], first[d + 1]):
            head = heading[offsets["heading"][p]:offsets["heading"][p + 1]]
            if len(head) and (last is None or not np.array_equal(head, last)):
                pieces.append(head)
            last = head
            owners += [-1] * (len(pieces) - len(owners)) + [before + p]
            pieces.append(text[offsets["text"][p]:offsets["text"][p + 1]])
        pieces.append(stop)
    owners += [-1] * (len(pieces) - len(owners))
    lengths = [len(p) for p in pieces]
    tokens = np.stack([np.concatenate(pieces).astype(np.int32), np.repeat(np.array(owners, np.int32), lengths)])
    count = tokens.shape[1] // length
    return np.ascontiguousarray(tokens[:, :count * length].reshape(2, count, length).transpose(1, 0, 2))


def main():
    parser = argparse.ArgumentParser()
    for name in ("shards", "tokenizer", "teacher", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--parts", type=int, default=4)
    parser.add_argument("--length", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--steps", type=int, default=10**9)
    args = parser.parse_args()
    begin = time.time()
    rank, world, device = start(0)
    os.makedirs(args.out, exist_ok=True)
    end = Tokenizer.from_file(f"{args.tokenizer}/tokenizer.json").token_to_id("<|endoftext|>")
    model = Model().to(device)
    model.model.dtype = torch.bfloat16
    while not os.path.exists(f"{args.teacher}/embed.npy"):
        time.sleep(0.2)
    model.model.embed_tokens.weight.data.copy_(torch.from_numpy(np.load(f"{args.teacher}/embed.npy").astype(np.float32)))
    size = CONFIG["hidden_size"]
    projection = torch.nn.Linear(size, size, bias=False).to(device)
    targets, centre = torch.zeros(1, size, dtype=torch.float16, device=device), torch.zeros(size, device=device)
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
    others = [p for p in model.parameters() if p.dim() == 1] + list(projection.parameters())
    words = dict(params=[model.model.embed_tokens.weight], slower=4)
    optimizers = [Muon(matrices, args.muon_rate), torch.optim.AdamW([dict(params=others), words], lr=args.rate, betas=(0.9, 0.95), weight_decay=0.0, fused=device == "cuda")]
    peaks = [args.muon_rate, args.rate]
    step, spent = 0, 0.0
    checkpoint = f"{args.out}/stage1.pt"
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, map_location=device)
        model.load_state_dict(state["model"])
        projection.load_state_dict(state["projection"])
        for optimizer, saved_state in zip(optimizers, state["optimizers"]):
            optimizer.load_state_dict(saved_state)
        step, spent = state["step"], state["spent"]
    torch.manual_seed(step + rank)
    positions = torch.arange(args.length - 1, device=device)[None]

    def loss_of(rows, picked, target, known):
        """Next-token loss, and one minus the cosine to the teacher at the `picked` tokens, weighted by `known`."""
        with torch.autocast(device, torch.bfloat16):
            hidden = model(rows[:, :-1], positions, causal)
            logits = F.linear(hidden, model.model.embed_tokens.weight.to(hidden.dtype))
            guess = projection(hidden.flatten(0, 1)[picked])
        near = F.cosine_similarity(guess.float(), target, dim=-1)
        return F.cross_entropy(logits.flatten(0, 1).float(), rows[:, 1:].flatten().long()), ((1 - near) * known).sum() / known.sum().clamp(min=1)

    compiled = torch.compile(loss_of) if device == "cuda" else loss_of
    data, reading, loaded, order, at, taught = None, {}, 0, None, 0, False
    sizes = [len(np.load(f"{args.shards}/part-{k}.npz")["text_lengths"]) if os.path.exists(f"{args.shards}/part-{k}.npz") else None for k in range(args.parts)]
    readers = ProcessPoolExecutor(3, get_context("spawn"))

    def save():
        torch.save(dict(model=model.state_dict(), projection=projection.state_dict(), optimizers=[o.state_dict() for o in optimizers], step=step, spent=spent + time.time() - begin), f"{checkpoint}.part")
        os.rename(f"{checkpoint}.part", checkpoint)

    report, saved = time.time(), time.time()
    clock = Progress(world, device, lambda: (spent + time.time() - begin) / args.seconds)
    while (progress := clock.now()) < 1 and step < args.steps:
        if step % 20 == 0 and loaded < args.parts:
            for part in set(range(args.parts)) - set(reading):
                path = f"{args.shards}/part-{part}.npz"
                if os.path.exists(path) and None not in sizes[:part]:
                    reading[part] = readers.submit(rows_of, path, sum(sizes[:part]), end, args.length, part)
            for part, future in reading.items():
                if future and (future.done() or data is None):
                    rows = torch.from_numpy(future.result()).to(device)
                    data, order = rows if data is None else torch.cat([data, rows]), None
                    reading[part], loaded = None, loaded + 1
                    print(f"part {part} loaded, {len(data)} rows, {time.time() - begin:.0f} s", flush=True)
        if order is None or at + args.batch > len(order):
            order, at = torch.randperm(len(data), device=device), 0
        if not taught and step % 20 == 0 and os.path.exists(f"{args.teacher}/passages.npy"):
            targets = torch.from_numpy(np.load(f"{args.teacher}/passages.npy")).to(device)
            centre, taught = targets.float().mean(0), True
            print(f"teacher's embeddings loaded, {time.time() - begin:.0f} s", flush=True)
        rows, owner = data[order[at:at + args.batch]].unbind(1)
        at += args.batch
        picked = torch.randint(args.batch * (args.length - 1), (8192,), device=device)
        owner = owner[:, :-1].reshape(-1)[picked]
        known = (owner >= 0).float() * taught
        target = targets[owner.clamp(0, len(targets) - 1)].float() - centre
        factor = min(1, (step + 1) / 200) * (1 if progress < 0.55 else max(0.05, 1 - 0.95 * (progress - 0.55) / 0.45))
        for optimizer, peak in zip(optimizers, peaks):
            for group in optimizer.param_groups:
                group["lr"] = peak * factor / group.get("slower", 1)
        spoken, alike = compiled(rows, picked, target, known)
        loss = spoken + 3 * alike
        model.zero_grad(set_to_none=True)
        projection.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients([*model.parameters(), *projection.parameters()], world)
        torch.nn.utils.clip_grad_norm_([*model.parameters(), *projection.parameters()], 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        if rank == 0 and (step % 100 == 0 or step == 1):
            print(f"step {step} loss {spoken.item():.3f} cosine {1 - alike.item():.3f} {100 * world * args.batch * args.length / (time.time() - report) / 1e6:.2f} Mtok/s {time.time() - begin:.0f} s", flush=True)
            report = time.time()
        if rank == 0 and time.time() - saved > 120:
            save()
            saved = time.time()
    if rank:
        return
    save()
    torch.save(model.state_dict(), f"{args.out}/stage1.done.part")
    os.rename(f"{args.out}/stage1.done.part", f"{args.out}/stage1.done.pt")
    print(f"done: {step} steps, {step * world * args.batch * args.length / 1e6:.0f} M tokens", flush=True)


if __name__ == "__main__":
    main()
