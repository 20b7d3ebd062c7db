"""Counts the operations of a step of a network, a product and its sum being two, in billions: python operations.py FOLDER THREADS count NAME

Convolutions, products of matrices and attention, as the reference computes them.
"""

from measuring import answer, folder, task, torch
from models import MODELS
from torch.utils.flop_counter import FlopCounterMode

model = MODELS[task]
module = model.load(folder, torch.float16).to("meta")
feeds = [each.to("meta", torch.float16) if each.is_floating_point() else each.to("meta") for each in model.feeds()]
counter = FlopCounterMode(display=False)
with counter:
    module(*feeds)
answer(**{task: counter.get_total_flops() / 1e9})
