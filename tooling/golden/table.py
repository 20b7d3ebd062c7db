"""Weights that can be made again in TypeScript, for models too large to keep (tooling/test-weights)."""

import numpy as np

PERIOD = 1_000_003


def table(bits=11):
    """Multiples of 2 / 2**bits in [-1, 1) by Numerical Recipes' generator: float16 holds 11 bits exactly, bfloat16 holds 8."""
    values, state = np.empty(PERIOD, np.float32), 12345
    for i in range(PERIOD):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = (state >> (32 - bits)) / 2 ** (bits - 1) - 1
    return values


def tensor(values, i, shape, scale):
    """The table read round and round from a place of the tensor's own, times the scale; of scale 0, around 1."""
    import torch

    at = i * 7919 % PERIOD
    own = np.resize(np.roll(values, -at), int(np.prod(shape)))
    own = own * np.float32(scale) if scale else own + 1
    return torch.from_numpy(own).reshape(tuple(shape))


def fill(state, scale_of, bits=11):
    """Fills a state_dict, in the order of names."""
    values = table(bits)
    for i, (name, parameter) in enumerate(sorted(state.items())):
        parameter.copy_(tensor(values, i, parameter.shape, scale_of(name, parameter.shape)))
