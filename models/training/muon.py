"""Muon: momentum whose matrix updates are orthogonalised by a Newton-Schulz iteration (Jordan et al. 2024)."""
import torch


def orthogonal(g):
    """A batch of matrices with their singular values pushed towards one."""
    x = g.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.02):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, params in shapes.items():
                for p in params:
                    if "buffer" not in self.state[p]:
                        self.state[p]["buffer"] = torch.zeros_like(p)
                buffers, grads = [self.state[p]["buffer"] for p in params], [p.grad for p in params]
                torch._foreach_lerp_(buffers, grads, 1 - group["momentum"])
                updates = torch.stack(torch._foreach_lerp(grads, buffers, group["momentum"]))
                scale = group["lr"] * max(1, shape[0] / shape[1]) ** 0.5
                torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(params, list(orthogonal(updates).unbind()), alpha=-scale)
