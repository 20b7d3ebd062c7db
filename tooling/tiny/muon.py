"""Muon (Keller Jordan, 2024): a matrix moves along its momentum, with all singular values set to about one. A step is as large as one of
AdamW (Moonshot, 2025). PyTorch's own Muon only takes matrices, and most weights here are convolutions.
"""

import torch

# Newton and Schulz's iteration towards the nearest orthogonal matrix, Keller Jordan's numbers.
ITERATIONS, NUMBERS = 5, (3.4445, -4.7750, 2.0315)


def orthogonal(matrix):
    a, b, c = NUMBERS
    x = matrix / (matrix.norm() + 1e-7)
    if tall := x.shape[0] > x.shape[1]:
        x = x.T
    for _ in range(ITERATIONS):
        squares = x @ x.T
        x = a * x + (b * squares + c * squares @ squares) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """For weights of at least two dimensions, each a matrix of its outputs and all else. Nesterov's momentum."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].lerp_(p.grad, 1 - momentum)
                matrix = p.grad.lerp(state["momentum"], momentum).flatten(1)
                step = orthogonal(matrix) * 0.2 * max(matrix.shape) ** 0.5
                p.mul_(1 - lr * group["weight_decay"]).add_(step.view_as(p), alpha=-lr)


class Both:
    """Muon for weights between hidden features, and AdamW at 0.4 of its rate for the rest: the layers named in `outer`, norms and biases."""

    def __init__(self, model, outer, betas=(0.9, 0.95), weight_decay=0.01):
        named = [(set(name.split(".")), p) for name, p in model.named_parameters()]
        inner = [p for parts, p in named if p.ndim > 1 and not parts & set(outer)]
        chosen = {id(p) for p in inner}
        rest = [p for _, p in named if id(p) not in chosen]
        self.parts = [
            Muon([{"params": inner, "share": 1.0}], lr=0, weight_decay=weight_decay),
            torch.optim.AdamW([{"params": rest, "share": 0.4}], lr=0, betas=betas, weight_decay=weight_decay, fused=True),
        ]

    @property
    def param_groups(self):
        return [group for part in self.parts for group in part.param_groups]

    def zero_grad(self):
        for part in self.parts:
            part.zero_grad()

    def step(self):
        for part in self.parts:
            part.step()

    def state_dict(self):
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state):
        for part, saved in zip(self.parts, state["parts"]):
            part.load_state_dict(saved)
