"""A tiny Stable Diffusion XL in the hub's layout, after stabilityai/stable-diffusion-xl-base-1.0. Run after checkpoints.py: python tooling/golden/checkpoints_sdxl.py test/golden/fixtures"""

import sys
from pathlib import Path

from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from tiny_parts import clip, finish, start, write_clip, write_vae
from tiny_weights import adapter_state, randomize
from transformers import CLIPTokenizer

UNET = {
    "sample_size": 16,
    "block_out_channels": (8, 16, 16),
    "norm_num_groups": 4,
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": [1, 1, 2],
    "attention_head_dim": [2, 4, 2],
    "cross_attention_dim": 32 + 40,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 40 + 6 * 8,
}
SCHEDULER = {
    "_class_name": "EulerDiscreteScheduler",
    "_diffusers_version": "0.19.0.dev0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "interpolation_type": "linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 1.0,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "trained_betas": None,
    "use_karras_sigmas": False,
}


def main(root: Path):
    folder = start(root, "sdxl")
    write_clip(folder, "", "L", projection=False)
    write_clip(folder, "_2", "bigG", projection=True)
    randomize(UNet2DConditionModel(**UNET), 31).save_pretrained(folder / "unet")
    write_vae(folder, 32, latent_channels=4, sample_size=128, scaling_factor=0.13025, force_upcast=True)
    components = {
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
    }
    finish(folder, "StableDiffusionXLPipeline", SCHEDULER, components, force_zeros_for_empty_prompt=True, add_watermarker=None)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer_2")
    save_file(adapter_state(clip("bigG", True), tokenizer, 33), root / "adapters/weight/bigG.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
