"""Draws of NumPy's and PyTorch's generators, and a file of the safetensors writer.

Run: python tooling/golden/generators.py packages/tensor/src/fixtures && biome format --write packages/tensor/src/fixtures
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

FIXTURES = Path(sys.argv[1])

NUMPY_CALLS = {
    "permutation": [[0], [1], [2], [33], [100]],
    "choice": [[1000, 10], [3, 3], [70000, 5]],
    "random": [[5]],
    "randint": [[-3, 4, 10], [0, 1, 2], [5, 2**32 + 5, 3]],
    "randn": [[3], [4]],
}

TORCH_SIZES = [0, 1, 2, 15, 16, 17, 31, 33, 1000, 4 * 64 * 64]
TORCH_CALLS = {
    # Alternating, so that a normal kept from one small draw must survive the draws between.
    "mixed": [("randn", 3), ("randn", 20), ("rand", 5), ("randn", 2), ("randn", 16), ("randn", 5), ("rand", 1), ("randn", 33)],
    **{f"randn {n}": [("randn", n)] for n in TORCH_SIZES},
}


def numpy_case(seed):
    """All calls one after the other on one generator."""
    state = np.random.RandomState(seed)
    draws = []
    for name, many in NUMPY_CALLS.items():
        for args in many:
            call = getattr(state, name)
            values = call(*args, replace=False) if name == "choice" else call(*args)
            draws.append({"name": name, "args": args, "values": values.tolist()})
    return {"seed": seed, "draws": draws}


def torch_case(seed, calls):
    """Bits of the draws, one after the other; of a long one every 509th element and the last 32."""
    generator = torch.Generator().manual_seed(seed)
    draws = []
    for name, n in calls:
        bits = getattr(torch, name)(n, generator=generator).view(torch.int32)
        at = list(range(n)) if n <= 100 else [*range(0, n - 32, 509), *range(n - 32, n)]
        draws.append({"name": name, "n": n, "at": at if n > 100 else None, "bits": bits[at].tolist()})
    return {"seed": str(seed), "draws": draws}


def seed_sequence_case(entropy, spawn_key, pool_size):
    sequence = np.random.SeedSequence(entropy, spawn_key=spawn_key, pool_size=pool_size)
    words = sequence.generate_state(2 * pool_size + 3).tolist()
    return {"entropy": str(entropy), "spawnKey": spawn_key, "poolSize": pool_size, "words": words}


def randint_case(seed, high):
    """After normals, which leave the generator between two of its blocks."""
    generator = torch.Generator().manual_seed(seed)
    torch.randn(20, generator=generator)
    drawn = [torch.randint(0, high, [], generator=generator).item() for _ in range(3)]
    return {"seed": seed, "high": str(high), "drawn": [str(value) for value in drawn]}


def write(name, value):
    (FIXTURES / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


FIXTURES.mkdir(exist_ok=True)
write("numpy-random.json", [numpy_case(seed) for seed in (0, 1, 42, 2**31, 2**32 - 1)])
seeds = [0, 42, 2**32 - 1, 2**32 + 5, 2**53 + 1, 2**64 - 1]
write("torch-random.json", [torch_case(seed, calls) for seed in seeds for calls in TORCH_CALLS.values()])
keys = [(0, [], 4), (42, [], 4), (2**63 - 2, [], 24), (7, [0, 0], 24), (2**40 + 1, [5, 3], 24), (2**130, [2**33, 9], 4), (1, [3], 5)]
write("seed-sequence.json", [seed_sequence_case(*key) for key in keys])
write("torch-randint.json", [randint_case(seed, high) for seed in (0, 42) for high in (2**63 - 1, 2**32, 10**12)])
save_file(
    {
        "b.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "a.weight": torch.tensor([0.1], dtype=torch.float64),
        "half": torch.tensor([1.5, -2], dtype=torch.float16),
        "brain": torch.tensor([3], dtype=torch.bfloat16),
        "mask": torch.tensor([True, False, True]),
        "scalar": torch.tensor(7, dtype=torch.int64),
        "none": torch.zeros(0, 3),
        'quoted "é"': torch.tensor([9.0]),
        "i8": torch.tensor([-1], dtype=torch.int8),
        "u8": torch.tensor([1, 2, 255], dtype=torch.uint8),
        "i16": torch.tensor([-300, 2], dtype=torch.int16),
        "u16": torch.tensor([65535], dtype=torch.uint16),
        "i32": torch.tensor([-70000], dtype=torch.int32),
        "u32": torch.tensor([4000000000], dtype=torch.uint32),
        "u64": torch.tensor([2**63], dtype=torch.uint64),
    },
    FIXTURES / "reference.safetensors",
    metadata={"format": "pt"},
)
