"""Writes the checkpoints of .cache into the package as float16, in the layout of Stable Diffusion 1 on the hub, and words.json.

python export.py             what is there; parts not trained yet are left out
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from data import CACHE, PACKAGE
from sample import SCHEDULER

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
TOKENIZER = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")
# What the training's libraries add to a configuration and a checkpoint on the hub does not say.
PRIVATE = ("_name_or_path",)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent="\t", ensure_ascii=False) + "\n")


def export(source, target, weights, prefix=""):
    """Configuration and float16 weights of one part."""
    if not source.exists():
        return
    config = json.loads((source / "config.json").read_text())
    write_json(
        target / "config.json", {k: v for k, v in config.items() if k not in PRIVATE} | ({"dtype": "float16"} if "dtype" in config else {})
    )
    tensors = load_file(next(source.glob("*.safetensors")))
    named = {
        (name if name.startswith(prefix) else prefix + name): tensor.to(torch.float16).contiguous() for name, tensor in tensors.items()
    }
    save_file(named, target / weights, metadata={"format": "pt"})


def export_adapter(source, target):
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.to(torch.float16) for name, tensor in load_file(source).items()}, target, metadata={"format": "pt"})


def main():
    model, clip = PACKAGE / "model", PACKAGE / "clip"
    write_json(model / "model_index.json", INDEX)
    write_json(model / "scheduler/scheduler_config.json", {k: v for k, v in SCHEDULER.config.items() if not k.startswith("_use")})
    scheduler = model / "scheduler/scheduler_config.json"
    write_json(scheduler, {"_class_name": "DDIMScheduler", "_diffusers_version": "0.42.1"} | json.loads(scheduler.read_text()))
    export(CACHE / "text_encoder", model / "text_encoder", "model.safetensors", prefix="text_model.")
    export(CACHE / "unet", model / "unet", "diffusion_pytorch_model.safetensors")
    export(CACHE / "vae", model / "vae", "diffusion_pytorch_model.safetensors")
    export(CACHE / "clip", clip, "model.safetensors")
    (model / "tokenizer").mkdir(exist_ok=True)
    clip.mkdir(exist_ok=True)
    shutil.copy(CACHE / "clip/preprocessor_config.json", clip)
    for name in TOKENIZER:
        shutil.copy(CACHE / "tokenizer" / name, model / "tokenizer")
        shutil.copy(CACHE / "tokenizer" / name, clip)
    shutil.copy(Path(__file__).parent / "words.json", PACKAGE)
    export_adapter(CACHE / "drum/weight/L.safetensors", PACKAGE / "drum/weight/L.safetensors")
    total = sum(path.stat().st_size for folder in (model, clip, PACKAGE / "drum") for path in folder.rglob("*") if path.is_file())
    print(f"{total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
