"""A small classifier of a picture's attributes, trained on drawn pictures alone. It judges the model and is not shipped.

python judge.py --minutes 30
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F

from clock import Clock
from data import CACHE, VALUES, load
from device import DEVICE, Pictures, arguments, begin


def stage(inputs, outputs, stride):
    conv = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return torch.nn.Sequential(conv, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU())


class Judge(torch.nn.Module):
    """Pictures [n, 3, 128, 128] to one list of scores per attribute."""

    def __init__(self):
        super().__init__()
        widths = [(3, 24, 2), (24, 48, 2), (48, 96, 1), (96, 128, 2), (128, 160, 2), (160, 160, 1)]
        self.stages = torch.nn.Sequential(*(stage(*width) for width in widths))
        self.heads = torch.nn.ModuleList(torch.nn.Linear(160 * 16 + 160, len(values)) for values in VALUES.values())

    def forward(self, x):
        x = self.stages(x)
        x = torch.cat([F.avg_pool2d(x, 2).flatten(1), x.amax((2, 3))], 1)
        return [head(x) for head in self.heads]


def blurred(x, random):
    """Some pictures a little soft and noisy, as a decoder's are."""
    share = torch.from_numpy(random.random_sample((len(x), 1, 1, 1))).float().to(DEVICE) * 0.6
    return x + share * (F.avg_pool2d(x, 3, 1, 1, count_include_pad=False) - x) + 0.06 * share * torch.randn_like(x)


def load_judge():
    judge = Judge()
    judge.load_state_dict(torch.load(CACHE / "judge.pt", map_location=DEVICE, weights_only=True)["model"])
    return judge.eval().to(DEVICE)


@torch.no_grad()
def judged(judge, pictures):
    """The value found of each attribute, [n, 8]."""
    rows = np.array_split(np.arange(len(pictures)), -(-len(pictures) // 100))
    return torch.cat([torch.stack([scores.argmax(1) for scores in judge(pictures[part])], 1).cpu() for part in rows])


def main():
    args = arguments(argparse.ArgumentParser(description=__doc__), minutes=30, batch=64)
    begin(args)
    random = np.random.RandomState()
    pictures, scenes, _, _ = load("train")
    pictures, scenes = Pictures(pictures), torch.from_numpy(scenes).long()
    judge = Judge().to(DEVICE)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=1e-3, weight_decay=0.02, fused=True)
    clock = Clock("judge", args.minutes, judge, optimizer)
    if clock.over("judge.pt"):
        return
    for step in clock.steps(peak=2e-3):
        chosen = random.randint(0, len(pictures), args.batch)
        scores = judge(blurred(pictures[chosen], random))
        losses = [F.cross_entropy(s, a) for s, a in zip(scores, scenes[chosen].T.to(DEVICE))]
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()
        if step % 100 == 0:
            clock.say(**{name: loss.item() for name, loss in zip(VALUES, losses)})
    pictures, scenes, _, _ = load("held-out")
    found = judged(judge.eval(), Pictures(pictures))
    print({name: round((found[:, i] == torch.from_numpy(scenes[:, i])).float().mean().item(), 3) for i, name in enumerate(VALUES)})


if __name__ == "__main__":
    main()
