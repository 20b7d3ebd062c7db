"""Blocks of the published UNets' widths: python tooling/golden/unet_width.py packages/pipelines-sd/src/unet/fixtures

Their weights are made again by the tests (tooling/test-weights); the shapes are kept, and some of the numbers that come out.
"""

import math
import sys
from pathlib import Path

import torch
from diffusers.models.unets.unet_2d_blocks import CrossAttnDownBlock2D
from safetensors.torch import save_file
from table import fill, table, tensor

BITS = 8
# Stable Diffusion 1's first block with one of its two layers, and SDXL's last with one of two, and 2 of its 10 transformer blocks.
BLOCKS = {
    "sd1": {"in_channels": 320, "out_channels": 320, "num_attention_heads": 8, "cross_attention_dim": 768},
    "sdxl": {
        "in_channels": 640,
        "out_channels": 1280,
        "num_attention_heads": 20,
        "cross_attention_dim": 2048,
        "transformer_layers_per_block": 2,
        "use_linear_projection": True,
        "add_downsample": False,
    },
}
SIZES = {"sd1": (9, 7), "sdxl": (8, 8)}


def scale_of(name, shape):
    """A power of two, for a matrix near twice the deviation that keeps its input's scale; 0 for a norm's weights, which are around 1."""
    if len(shape) == 1:
        return 0 if "norm" in name and name.endswith("weight") else 1 / 8
    return 2.0 ** (1 - round(math.log2(math.prod(shape[1:])) / 2))


@torch.no_grad()
def main(folder: Path):
    values, tensors, shapes = table(BITS), {}, {}
    for kind, settings in BLOCKS.items():
        block = CrossAttnDownBlock2D(temb_channels=1280, num_layers=1, resnet_eps=1e-5, **settings).eval()
        state = block.state_dict()
        fill(state, scale_of, BITS)
        shapes[kind] = {name: list(value.shape) for name, value in sorted(state.items())}
        sample = tensor(values, 1, (1, settings["in_channels"], *SIZES[kind]), 1)
        time = tensor(values, 2, (1, 1280), 1)
        condition = tensor(values, 3, (1, 77, settings["cross_attention_dim"]), 1)
        output, _ = block(sample, time, condition)
        # Too large to keep whole: the numbers of every so-manieth place.
        tensors[kind] = output.flatten()[::61].contiguous()
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "width.safetensors")
    lines = (f'  "{kind}": {{\n' + ",\n".join(f'    "{name}": {dims}' for name, dims in names.items()) + "\n  }" for kind, names in shapes.items())
    (folder / "width.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
