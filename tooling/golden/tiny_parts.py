"""Parts that the tiny checkpoints of SDXL, Stable Diffusion 3 and FLUX share, after the published ones: the same text encoders."""

import json
import shutil
from pathlib import Path

import torch
from checkpoints import CHECKPOINTS, TEXT
from diffusers import AutoencoderKL
from tiny_clip_tokenizer import write_tokenizer
from tiny_t5_tokenizer import write_t5_tokenizer
from tiny_weights import randomize, save, text_state
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

VERSION = "0.42.1"
# Seed, pad token and configuration: OpenAI's ViT-L, the very weights of the tiny Stable Diffusion 1, and OpenCLIP's ViT-bigG.
CLIP = {
    "L": (CHECKPOINTS["sd1"]["seed"], "<|endoftext|>", {**TEXT, **CHECKPOINTS["sd1"]["text"]}),
    "bigG": (
        3,
        "!",
        {**TEXT, "hidden_size": 40, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 64, "hidden_act": "gelu", "projection_dim": 40},
    ),
}
T5 = {
    "d_model": 80,
    "d_kv": 4,
    "d_ff": 48,
    "num_layers": 2,
    "num_heads": 8,
    "feed_forward_proj": "gated-gelu",
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "layer_norm_epsilon": 1e-6,
    "tie_word_embeddings": False,
}
VAE = {
    "block_out_channels": (4, 4, 4, 8),
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
SIXTEEN_CHANNELS = {"latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False, "force_upcast": True}


def clip(name, projection):
    seed, _, config = CLIP[name]
    kind = CLIPTextModelWithProjection if projection else CLIPTextModel
    if name != "L" or not projection:
        return randomize(kind(CLIPTextConfig(**config)), seed)
    model = CLIPTextModelWithProjection(CLIPTextConfig(**config))
    model.text_model.load_state_dict(clip("L", False).state_dict())
    generator = torch.Generator().manual_seed(seed + 100)
    model.text_projection.weight.data = torch.randn(model.text_projection.weight.shape, generator=generator) / config["hidden_size"] ** 0.5
    return model.eval()


def write_clip(folder: Path, number: str, name: str, projection: bool, dtype=torch.float32):
    """Folders `text_encoder` and `tokenizer`, the second's with the suffix `_2`."""
    write_tokenizer(folder / f"tokenizer{number}", CLIP[name][1])
    model = clip(name, projection).to(dtype)
    model.save_pretrained(folder / f"text_encoder{number}")
    save(text_state(model, False), folder / f"text_encoder{number}/model.safetensors")


def t5():
    return randomize(T5EncoderModel(T5Config(**T5, vocab_size=296)), 4)


def write_t5(folder: Path, number: str, dtype=torch.float32, shard="1GB"):
    assert write_t5_tokenizer(folder / f"tokenizer{number}") <= 296
    t5().to(dtype).save_pretrained(folder / f"text_encoder{number}", max_shard_size=shard)


def write_vae(folder: Path, seed, dtype=torch.float32, **settings):
    vae = randomize(AutoencoderKL(**VAE, **settings), seed).to(dtype)
    vae.save_pretrained(folder / "vae")


def write_json(path: Path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def start(root: Path, name: str) -> Path:
    shutil.rmtree(root / name, ignore_errors=True)
    return root / name


def finish(folder: Path, pipeline: str, scheduler: dict, components: dict, **settings):
    """The scheduler's file and `model_index.json`, whose last lines are the components."""
    write_json(folder / "scheduler/scheduler_config.json", scheduler)
    parts = {"scheduler": ["diffusers", scheduler["_class_name"]], "vae": ["diffusers", "AutoencoderKL"], **components}
    index = {"_class_name": pipeline, "_diffusers_version": VERSION, **settings, **dict(sorted(parts.items()))}
    write_json(folder / "model_index.json", index)
