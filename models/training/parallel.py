"""Several GPUs of one host: every process keeps the whole model and they average their gradients. Alone, nothing of it does anything."""
import os

import torch
import torch.distributed as dist


def start(seed):
    """This process's number, the number of processes, and its device; `torchrun` starts several."""
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    torch.manual_seed(seed)
    return rank, world, "cuda" if cuda else "cpu"


def average_gradients(parameters, world):
    if world == 1:
        return
    gradients = [p.grad for p in parameters]
    flat = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(flat)
    flat /= world
    for g, piece in zip(gradients, flat.split([g.numel() for g in gradients])):
        g.copy_(piece.view_as(g))


class Progress:
    """How much of the time is spent, the same for all processes: the first one's clock, asked every ten steps."""

    def __init__(self, world, device, clock):
        self.world, self.device, self.clock, self.value, self.asked = world, device, clock, 0.0, 0

    def now(self):
        if self.world == 1:
            self.value = self.clock()
        elif self.asked % 10 == 0:
            shared = torch.tensor([self.clock()], device=self.device)
            dist.broadcast(shared, 0)
            self.value = shared.item()
        self.asked += 1
        return self.value
