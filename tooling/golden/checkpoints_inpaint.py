"""What tiny inpainting checkpoints have of their own: a UNet that takes the mask and the rest of the picture too. Run after checkpoints_sdxl.py: python tooling/golden/checkpoints_inpaint.py test/golden/fixtures

Their other parts are those of `sd1` and `sdxl`, as the published ones share theirs.
"""

import json
import sys
from pathlib import Path

from checkpoints import CHECKPOINTS
from checkpoints_sdxl import UNET as SDXL
from diffusers import UNet2DConditionModel
from tiny_parts import start, write_json
from tiny_weights import randomize

SD1 = {
    "block_out_channels": (8, 16),
    "norm_num_groups": 4,
    "sample_size": 16,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    **CHECKPOINTS["sd1"]["unet"],
    "layers_per_block": 1,
    "attention_head_dim": 4,
}


def main(root: Path):
    for name, family, unet, seed in (("sd1", "StableDiffusion", SD1, 51), ("sdxl", "StableDiffusionXL", {**SDXL, "transformer_layers_per_block": 1}, 52)):
        folder = start(root, f"{name}-inpaint")
        randomize(UNet2DConditionModel(**unet, in_channels=9), seed).save_pretrained(folder / "unet")
        index = json.loads((root / name / "model_index.json").read_text())
        write_json(folder / "model_index.json", {**index, "_class_name": f"{family}InpaintPipeline"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
