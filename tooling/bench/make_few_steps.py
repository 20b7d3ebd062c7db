"""Models of few steps in full size with random weights, in float16 as they are published: python tooling/bench/make_few_steps.py FOLDER [NAME ...]

`sd-turbo` (2.5 GB), `lcm`, a Stable Diffusion 1.5 that was distilled with its guidance (2.1 GB), `sdxl`, with SDXL-Turbo's scheduler (7 GB), and the
small decoders `taesd` and `taesdxl`.
"""

import shutil
import sys
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    EulerDiscreteScheduler,
    LCMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from make_sd15 import ROOT, SCHEDULE, TEXT, UNET, VAE
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

# The published config.json files, where they differ from the classes' defaults.
VIT_H = {**TEXT, "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 23, "num_attention_heads": 16, "hidden_act": "gelu"}
BIG_G = {**VIT_H, "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20, "projection_dim": 1280}
SD2 = {**UNET, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20], "use_linear_projection": True}
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
EULER = {**SCHEDULE, "timestep_spacing": "trailing", "prediction_type": "epsilon"}


def tokenizer(folder, name, place):
    shutil.copytree(ROOT / f"test/golden/fixtures/{place}", folder / name, dirs_exist_ok=True)
    return CLIPTokenizer.from_pretrained(folder / name)


def stable_diffusion(folder, fixture, text, unet, scheduler):
    StableDiffusionPipeline(
        vae=AutoencoderKL(**VAE),
        text_encoder=CLIPTextModel(CLIPTextConfig(**text)),
        tokenizer=tokenizer(folder, "tokenizer", f"{fixture}/tokenizer"),
        unet=UNet2DConditionModel(**unet),
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def sd_turbo(folder):
    stable_diffusion(folder, "sd2", VIT_H, SD2, EulerDiscreteScheduler.from_config(EULER))


def lcm(folder):
    stable_diffusion(folder, "sd1", TEXT, {**UNET, "time_cond_proj_dim": 256}, LCMScheduler.from_config(SCHEDULE))


def sdxl(folder):
    StableDiffusionXLPipeline(
        vae=AutoencoderKL(**VAE, scaling_factor=0.13025, force_upcast=True),
        text_encoder=CLIPTextModel(CLIPTextConfig(**TEXT)),
        text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**BIG_G)),
        tokenizer=tokenizer(folder, "tokenizer", "sdxl/tokenizer"),
        tokenizer_2=tokenizer(folder, "tokenizer_2", "sdxl/tokenizer_2"),
        unet=UNet2DConditionModel(**SDXL),
        scheduler=EulerDiscreteScheduler.from_config(EULER),
        add_watermarker=False,
    ).save_pretrained(folder, max_shard_size="50GB")


def tiny(folder):
    AutoencoderTiny().save_pretrained(folder)


MODELS = {"sd-turbo": sd_turbo, "lcm": lcm, "sdxl": sdxl, "taesd": tiny, "taesdxl": tiny}


def main(folder, names):
    torch.set_default_dtype(torch.float16)
    for name in names or MODELS:
        torch.manual_seed(0)
        MODELS[name](folder / name)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
