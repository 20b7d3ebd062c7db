"""Denoisers of other families in full width with random weights, in bfloat16: python tooling/bench/make_families.py FOLDER [NAME ...]

`flux` has one double and one single block of FLUX.1 [dev] (1.5 GB); `sd35-large` and `sd35-medium` have two blocks of Stable Diffusion 3.5,
whose last one ends the text (1 GB).
"""

import sys
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel, SD3Transformer2DModel

# The published config.json files, but for the number of blocks.
SD35 = {"num_layers": 2, "joint_attention_dim": 4096, "pooled_projection_dim": 2048, "qk_norm": "rms_norm"}
LARGE = {"num_attention_heads": 38, "caption_projection_dim": 2432, "pos_embed_max_size": 192}
MEDIUM = {"num_attention_heads": 24, "caption_projection_dim": 1536, "pos_embed_max_size": 384, "dual_attention_layers": (0, 1)}
MODELS = {
    "flux": lambda: FluxTransformer2DModel(num_layers=1, num_single_layers=1, guidance_embeds=True),
    "sd35-large": lambda: SD3Transformer2DModel(**SD35, **LARGE),
    "sd35-medium": lambda: SD3Transformer2DModel(**SD35, **MEDIUM),
}


def main(folder, names):
    for name in names or MODELS:
        torch.manual_seed(0)
        MODELS[name]().to(torch.bfloat16).save_pretrained(folder / name)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
