"""Tiny FLUX.1 dev and schnell checkpoints in the hub's layout, after black-forest-labs/FLUX.1-dev and FLUX.1-schnell.
Run after checkpoints.py: python tooling/golden/checkpoints_flux.py test/golden/fixtures"""

import sys
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel
from tiny_parts import SIXTEEN_CHANNELS, T5, finish, start, write_clip, write_t5, write_vae
from tiny_weights import randomize

TRANSFORMER = {
    "patch_size": 1,
    "in_channels": 64,
    "num_layers": 2,
    "num_single_layers": 1,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": T5["d_model"],
    "pooled_projection_dim": 32,
    "axes_dims_rope": (4, 6, 6),
}
SCHEDULER = {
    "_class_name": "FlowMatchEulerDiscreteScheduler",
    "_diffusers_version": "0.30.0.dev0",
    "base_image_seq_len": 256,
    "base_shift": 0.5,
    "max_image_seq_len": 4096,
    "max_shift": 1.15,
    "num_train_timesteps": 1000,
    "shift": 3.0,
    "use_dynamic_shifting": True,
}
# As published, the transformer and T5 come in several files, in bfloat16.
CHECKPOINTS = {
    "flux": {"seed": 51, "transformer": {"guidance_embeds": True}, "scheduler": {}},
    "flux-schnell": {
        "seed": 52,
        "transformer": {"guidance_embeds": False, "num_layers": 1, "num_single_layers": 2},
        "scheduler": {"shift": 1.0, "use_dynamic_shifting": False},
    },
}


def write(root: Path, name: str, settings):
    folder, dtype = start(root, name), torch.bfloat16
    write_clip(folder, "", "L", projection=False, dtype=dtype)
    write_t5(folder, "_2", dtype, shard="80KB")
    transformer = randomize(FluxTransformer2DModel(**{**TRANSFORMER, **settings["transformer"]}), settings["seed"])
    transformer.to(dtype).save_pretrained(folder / "transformer", max_shard_size="100KB")
    write_vae(folder, 53, dtype, **SIXTEEN_CHANNELS, sample_size=128, scaling_factor=0.3611, shift_factor=0.1159)
    components = {
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "T5TokenizerFast"],
        "transformer": ["diffusers", "FluxTransformer2DModel"],
    }
    finish(folder, "FluxPipeline", {**SCHEDULER, **settings["scheduler"]}, components)


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for name, settings in CHECKPOINTS.items():
        write(root, name, settings)
