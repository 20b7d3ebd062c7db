"""A small classifier of a picture's attributes, trained on drawn pictures alone. It judges the model and is not shipped.

python judge.py --minutes 3
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from clock import Clock
from data import CACHE, VALUES, load
from train_vae import to_tensor

BATCH = 64


def stage(inputs, outputs, stride):
    conv = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return torch.nn.Sequential(conv, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())


class Judge(torch.nn.Module):
    """Pictures [n, 3, 64, 64] to one list of scores per attribute."""

    def __init__(self):
        super().__init__()
        widths = [(3, 32, 2), (32, 64, 2), (64, 96, 1), (96, 128, 2), (128, 128, 1)]
        self.stages = torch.nn.Sequential(*(stage(*width) for width in widths))
        self.heads = torch.nn.ModuleList(torch.nn.Linear(128 * 16 + 128, len(values)) for values in VALUES.values())

    def forward(self, x):
        x = self.stages(x)
        x = torch.cat([F.avg_pool2d(x, 2).flatten(1), x.amax((2, 3))], 1)
        return [head(x) for head in self.heads]


def blurred(x, random):
    """Some pictures a little soft and noisy, as a decoder's are."""
    share = torch.from_numpy(random.random_sample((len(x), 1, 1, 1))).float() * 0.6
    return x + share * (F.avg_pool2d(x, 3, 1, 1, count_include_pad=False) - x) + 0.06 * share * torch.randn_like(x)


def load_judge():
    judge = Judge()
    judge.load_state_dict(torch.load(CACHE / "judge.pt", weights_only=True)["model"])
    return judge.eval()


@torch.no_grad()
def judged(judge, x):
    """The value found of each attribute, [n, 8]."""
    return torch.stack([scores.argmax(1) for scores in judge(x)], 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    random = np.random.RandomState(0)
    pictures, scenes, _, _ = load("train")
    scenes = torch.from_numpy(scenes).long()
    judge = Judge()
    optimizer = torch.optim.AdamW(judge.parameters(), lr=1e-3, weight_decay=0.02, fused=True)
    clock = Clock("judge", args.minutes, judge, optimizer)
    for step in clock.steps(peak=2e-3):
        chosen = random.randint(0, len(pictures), BATCH)
        scores = judge(blurred(to_tensor(pictures[chosen]), random))
        losses = [F.cross_entropy(s, a) for s, a in zip(scores, scenes[chosen].T)]
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()
        if step % 100 == 0:
            clock.say(**{name: loss.item() for name, loss in zip(VALUES, losses)})
    pictures, scenes, _, _ = load("held-out")
    found = judged(judge.eval(), to_tensor(pictures))
    print({name: round((found[:, i] == torch.from_numpy(scenes[:, i])).float().mean().item(), 3) for i, name in enumerate(VALUES)})


if __name__ == "__main__":
    main()
