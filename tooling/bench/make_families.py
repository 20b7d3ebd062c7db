"""Denoisers of the other families in full width with random weights: python tooling/bench/make_families.py FOLDER [NAME ...]

`sdxl` is SDXL's whole UNet (10.3 GB). `flux` has one double and one single block of FLUX.1 [dev] and `flux-double` one double
block more (5.5 GB); `sd35-large` and `sd35-medium` have two blocks of Stable Diffusion 3.5, whose last one ends the text (2.5 GB).
"""

import sys
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel

# The published config.json files, but for the number of blocks.
SDXL = {
    "sample_size": 128,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (320, 640, 1280),
    "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
SD35 = {"num_layers": 2, "joint_attention_dim": 4096, "pooled_projection_dim": 2048, "qk_norm": "rms_norm"}
LARGE = {"num_attention_heads": 38, "caption_projection_dim": 2432, "pos_embed_max_size": 192}
MEDIUM = {"num_attention_heads": 24, "caption_projection_dim": 1536, "pos_embed_max_size": 384, "dual_attention_layers": (0, 1)}
MODELS = {
    "sdxl": lambda: UNet2DConditionModel(**SDXL),
    "flux": lambda: FluxTransformer2DModel(num_layers=1, num_single_layers=1, guidance_embeds=True),
    "flux-double": lambda: FluxTransformer2DModel(num_layers=2, num_single_layers=1, guidance_embeds=True),
    "sd35-large": lambda: SD3Transformer2DModel(**SD35, **LARGE),
    "sd35-medium": lambda: SD3Transformer2DModel(**SD35, **MEDIUM),
}


def main(folder, names):
    for name in names or MODELS:
        torch.manual_seed(0)
        MODELS[name]().save_pretrained(folder / name, max_shard_size="50GB")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
