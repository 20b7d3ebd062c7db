"""PyTorch's 8-bit floats: every pattern, and what it is in float32. python tooling/golden/float8.py packages/tensor/src/fixtures"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file


def main(root: Path):
    patterns = torch.arange(256, dtype=torch.uint8)
    tensors = {}
    for name in ("float8_e4m3fn", "float8_e5m2"):
        floats = patterns.view(getattr(torch, name))
        tensors |= {name: floats.clone(), f"{name}.float32": floats.float()}
    save_file(tensors, root / "float8.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
