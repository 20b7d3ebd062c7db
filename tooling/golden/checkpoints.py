"""Tiny checkpoints of Stable Diffusion 1 and 2 in the hub's layout. Run: python tooling/golden/checkpoints.py test/golden/fixtures"""

import json
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from tiny_clip_tokenizer import write_tokenizer
from tiny_weights import adapter_state, published_vae, randomize, save, text_state
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

VAE = {
    "block_out_channels": (8, 8, 8, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "latent_channels": 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
UNET = {
    "block_out_channels": (16, 32),
    "norm_num_groups": 8,
    "sample_size": 16,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
}
TEXT = {"vocab_size": 1000, "num_hidden_layers": 3, "max_position_embeddings": 77, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
# The published scheduler_config.json files, which name neither the spacing nor, in SD 1.5, the prediction type.
SCHEDULE = {
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}

# One entry per checkpoint kind, after runwayml/stable-diffusion-v1-5 and stabilityai/stable-diffusion-2-1.
CHECKPOINTS = {
    "sd1": {
        "seed": 1,
        "pad_token": "<|endoftext|>",
        "text": {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "hidden_act": "quick_gelu", "projection_dim": 32},
        "unet": {"layers_per_block": 2, "attention_head_dim": 8, "cross_attention_dim": 32},
        "vae": {"sample_size": 128},
        "scheduler": {"_class_name": "PNDMScheduler", **SCHEDULE},
        "published_attention_names": True,
        "half": True,
        "adapter": "L",
    },
    "sd2": {
        "seed": 2,
        "pad_token": "!",
        "text": {"hidden_size": 48, "num_attention_heads": 6, "intermediate_size": 96, "hidden_act": "gelu", "projection_dim": 32},
        "unet": {"layers_per_block": 1, "attention_head_dim": [2, 4], "cross_attention_dim": 48, "use_linear_projection": True},
        "vae": {"sample_size": 192},
        "scheduler": {"_class_name": "DDIMScheduler", **SCHEDULE, "prediction_type": "v_prediction"},
        "published_attention_names": False,
        "half": False,
        "adapter": "H",
    },
}

def write_checkpoint(root, kind, settings):
    folder = root / kind
    shutil.rmtree(folder, ignore_errors=True)
    write_tokenizer(folder / "tokenizer", settings["pad_token"])

    encoder = randomize(CLIPTextModel(CLIPTextConfig(**TEXT, **settings["text"])), settings["seed"])
    encoder.save_pretrained(folder / "text_encoder")
    save(text_state(encoder, True), folder / "text_encoder/model.safetensors", settings["half"])

    unet = randomize(UNet2DConditionModel(**UNET, **settings["unet"]), settings["seed"] + 10)
    unet.save_pretrained(folder / "unet")
    save(unet.state_dict(), folder / "unet/diffusion_pytorch_model.safetensors", settings["half"])

    # The same weights in both checkpoints, under the published attention names in one: their images agree exactly.
    vae = randomize(AutoencoderKL(**VAE, **settings["vae"]), 21)
    vae.save_pretrained(folder / "vae")
    state = published_vae(vae.state_dict()) if settings["published_attention_names"] else vae.state_dict()
    save(state, folder / "vae/diffusion_pytorch_model.safetensors", settings["half"])

    (folder / "scheduler").mkdir()
    (folder / "scheduler/scheduler_config.json").write_text(json.dumps(settings["scheduler"], indent=2) + "\n")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", settings["scheduler"]["_class_name"]],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")

    adapters = root / "adapters/weight"
    adapters.mkdir(parents=True, exist_ok=True)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    save_file(adapter_state(encoder, tokenizer, settings["seed"] + 30), adapters / f"{settings['adapter']}.safetensors")


def check(root, kind):
    """Reads the written files back by transformers and diffusers: every weight must be found and equal."""
    folder = root / kind
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder")
    written = load_file(folder / "text_encoder/model.safetensors")
    for name, value in text_state(encoder, True).items():
        assert torch.equal(written[name], value), name
    UNet2DConditionModel.from_pretrained(folder / "unet")
    reference = randomize(AutoencoderKL(**VAE), 21).state_dict()
    for name, value in AutoencoderKL.from_pretrained(folder / "vae").state_dict().items():
        assert torch.equal(reference[name], value), name


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for kind, settings in CHECKPOINTS.items():
        write_checkpoint(root, kind, settings)
        check(root, kind)
