"""Tiny Stable Diffusion 3 and 3.5 checkpoints in the hub's layout, after stabilityai/stable-diffusion-3-medium-diffusers and
stable-diffusion-3.5-medium. Run after checkpoints.py: python tooling/golden/checkpoints_sd3.py test/golden/fixtures"""

import sys
from pathlib import Path

import torch
from diffusers import SD3Transformer2DModel
from safetensors.torch import save_file
from tiny_parts import SIXTEEN_CHANNELS, T5, finish, start, t5, write_clip, write_t5, write_vae
from tiny_weights import adapter_state, randomize
from transformers import AutoTokenizer

TRANSFORMER = {
    "sample_size": 16,
    "patch_size": 2,
    "in_channels": 16,
    "out_channels": 16,
    "num_layers": 2,
    "attention_head_dim": 8,
    "num_attention_heads": 4,
    "caption_projection_dim": 32,
    "joint_attention_dim": T5["d_model"],
    "pooled_projection_dim": 32 + 40,
    "pos_embed_max_size": 24,
}
SCHEDULER = {"_class_name": "FlowMatchEulerDiscreteScheduler", "_diffusers_version": "0.29.0.dev0", "num_train_timesteps": 1000, "shift": 3.0}
# 3.5 differs in the transformer alone. Without T5 its rows of the condition are zeros. In float16, as the first is published.
CHECKPOINTS = {
    "sd3": {"seed": 41, "transformer": {}, "t5": True},
    "sd35": {
        "seed": 42,
        "transformer": {"num_layers": 3, "qk_norm": "rms_norm", "dual_attention_layers": (0, 1)},
        "t5": True,
    },
    "sd3-without-t5": {"seed": 43, "transformer": {}, "t5": False},
}


def write(root: Path, name: str, settings):
    folder, dtype = start(root, name), torch.float16
    write_clip(folder, "", "L", projection=True, dtype=dtype)
    write_clip(folder, "_2", "bigG", projection=True, dtype=dtype)
    if settings["t5"]:
        write_t5(folder, "_3", dtype)
    transformer = randomize(SD3Transformer2DModel(**{**TRANSFORMER, **settings["transformer"]}), settings["seed"])
    transformer.to(dtype).save_pretrained(folder / "transformer")
    write_vae(folder, 44, dtype, **SIXTEEN_CHANNELS, sample_size=128, scaling_factor=1.5305, shift_factor=0.0609)
    components = {
        "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "text_encoder_3": ["transformers", "T5EncoderModel"] if settings["t5"] else [None, None],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "tokenizer_3": ["transformers", "T5TokenizerFast"] if settings["t5"] else [None, None],
        "transformer": ["diffusers", "SD3Transformer2DModel"],
    }
    finish(folder, "StableDiffusion3Pipeline", SCHEDULER, components)


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for name, settings in CHECKPOINTS.items():
        write(root, name, settings)
    tokenizer = AutoTokenizer.from_pretrained(root / "sd3/tokenizer_3")
    save_file(adapter_state(t5(), tokenizer, 34), root / "adapters/weight/T5.safetensors")
