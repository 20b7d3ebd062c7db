"""Stable Diffusion 1.5 in full size with random weights, and ViT-L's adapter: python tooling/bench/make_sd15.py FOLDER

Writes 4.4 GB: the checkpoint in the hub's layout, and adapters/weight/L.safetensors. The weights are the modules' own
initialisation, so that numbers stay in a trained network's range; the time a step takes does not depend on them.
"""

import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tooling/golden"))
from checkpoints import SCHEDULE, adapter_state  # noqa: E402

# The published config.json files of stable-diffusion-v1-5, where they differ from the classes' defaults.
TEXT = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "projection_dim": 768,
    "bos_token_id": 0,
    "eos_token_id": 2,
}
UNET = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8, "block_out_channels": (320, 640, 1280, 1280)}
VAE = {
    "sample_size": 512,
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}


def main(folder):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    # A tokenizer of a thousand ids: the encoder has the published 49,408 rows, and which of them are read costs nothing.
    shutil.copytree(ROOT / "test/golden/fixtures/sd1/tokenizer", folder / "tokenizer", dirs_exist_ok=True)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    encoder = CLIPTextModel(CLIPTextConfig(**TEXT)).eval()
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(**VAE),
        text_encoder=encoder,
        tokenizer=tokenizer,
        unet=UNet2DConditionModel(**UNET),
        scheduler=PNDMScheduler.from_config(SCHEDULE),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    adapters = folder / "adapters/weight"
    adapters.mkdir(parents=True, exist_ok=True)
    save_file(adapter_state(encoder, tokenizer, seed=30), adapters / "L.safetensors")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
