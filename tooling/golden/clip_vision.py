"""CLIP's image features, and how its pictures are resized:
python tooling/golden/clip_vision.py packages/encoders-clip/src/fixtures test/golden/fixtures/sd1/tokenizer
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from table import fill
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, CLIPVisionConfig, CLIPVisionModelWithProjection
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

# A whole model, whose towers have a stale projection_dim each, as laion's have.
PATCH8 = {
    "projection_dim": 24,
    "text_config": {
        "vocab_size": 1000,
        "hidden_size": 32,
        "intermediate_size": 48,
        "projection_dim": 512,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "bos_token_id": 998,
        "eos_token_id": 2,
    },
    "vision_config": {
        "hidden_size": 40,
        "intermediate_size": 64,
        "projection_dim": 512,
        "num_hidden_layers": 3,
        "num_attention_heads": 5,
        "image_size": 32,
        "patch_size": 8,
    },
}
PATCH14 = {
    "hidden_size": 48,
    "intermediate_size": 96,
    "projection_dim": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "image_size": 60,
    "patch_size": 14,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-4,
}
# ViT-L/14's, of 24 layers.
REAL = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "projection_dim": 768,
    "num_hidden_layers": 1,
    "num_attention_heads": 16,
    "image_size": 224,
    "patch_size": 14,
}
OLD = {"size": 32, "crop_size": 32, "resample": 3, "do_resize": True, "do_center_crop": True, "do_normalize": True}
NEW = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}, "rescale_factor": 1 / 255}
# Settings, then width, height and channels of the pictures.
CASES = {
    "old": (OLD, [(32, 32, 3), (50, 32, 3), (32, 47, 3), (100, 75, 3), (20, 33, 3), (7, 61, 3), (1, 9, 3), (640, 33, 3), (40, 200, 3)]),
    "new": (NEW, [(64, 64, 1), (41, 58, 2), (41, 58, 4), (32, 32, 4), (32, 32, 1), (257, 191, 3)]),
    "squeezed": ({**NEW, "size": {"height": 32, "width": 32}}, [(100, 40, 3), (32, 90, 3), (41, 60, 3), (40, 47, 3), (40, 48, 3), (40, 49, 3)]),
    "bordered": ({**NEW, "size": {"height": 21, "width": 26}}, [(60, 60, 3)]),
    "narrow": ({**NEW, "size": {"height": 41, "width": 17}}, [(60, 60, 3)]),
    "cropped": ({**NEW, "do_resize": False}, [(33, 40, 3), (70, 20, 3)]),
    "wider": ({**NEW, "size": {"shortest_edge": 40}, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 2]}, [(50, 60, 3)]),
    "raw": ({**NEW, "do_rescale": False, "do_normalize": False}, [(50, 60, 3)]),
}
PROMPTS = ["a red cat", "the sea at night, oil on canvas", ""]


def picture(width, height, channels):
    """Slopes and edges, the same as in testing/pictures.ts."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    values = ((x * 5 + y * 3 + c * 40 + (x * y % 7) * 9 + (x // 6 + y // 5) % 2 * 90) % 256).astype(np.uint8)
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    return Image.fromarray(values[..., 0] if channels == 1 else values, modes[channels])


def scale_of(name, shape):
    """Of matrices a power of two near the deviation that keeps a sum's size; 0 for the norms' weights."""
    if "norm" in name:
        return 0 if name.endswith("weight") else 0.125
    if name.endswith("bias") or len(shape) < 2:
        return 0.125
    if "position_embedding" in name or "token_embedding" in name:
        return 0.5
    return 2.0 ** (1 - math.floor(math.log2(math.prod(shape[1:])) / 2 + 0.5))


def pixels(settings, sizes):
    return CLIPImageProcessorPil(**settings)([picture(*size) for size in sizes], return_tensors="pt").pixel_values


@torch.no_grad()
def main(folder: Path, tokenizer_folder: str):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, (settings, sizes) in CASES.items():
        tensors[f"pixels.{name}"] = pixels(settings, sizes)
        unscaled = pixels({**settings, "do_rescale": False, "do_normalize": False}, sizes)
        tensors[f"bytes.{name}"] = unscaled.to(torch.uint8)
        assert torch.equal(tensors[f"bytes.{name}"].float(), unscaled.float())
        if name in ("old", "new"):
            tensors.pop(f"pixels.{name}")

    whole = CLIPModel(CLIPConfig(**PATCH8)).eval().float()
    fill(whole.state_dict(), scale_of)
    for name in ("old", "new"):
        tensors[f"patch8.{name}"] = whole.get_image_features(pixel_values=pixels(*CASES[name])).pooler_output
    tokenizer = CLIPTokenizer.from_pretrained(tokenizer_folder)
    ids = tokenizer(PROMPTS, padding="max_length", max_length=77, return_tensors="pt").input_ids
    outputs = whole(input_ids=ids, pixel_values=pixels(*CASES["old"]))
    # What CLIPModel itself calls text_embeds has length 1.
    features = whole.get_text_features(input_ids=ids).pooler_output
    assert torch.allclose(features / features.norm(dim=-1, keepdim=True), outputs.text_embeds)
    tensors["patch8.text"] = features

    sizes = {"patch14": [(60, 60, 3), (81, 200, 3)], "real": [(300, 260, 3)]}
    for name, config in (("patch14", PATCH14), ("real", REAL)):
        vision = CLIPVisionModelWithProjection(CLIPVisionConfig(**config)).eval().float()
        fill(vision.state_dict(), scale_of)
        side = config["image_size"]
        settings = {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}}
        tensors[f"{name}.images"] = vision(pixel_values=pixels(settings, sizes[name])).image_embeds

    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "clip-vision.safetensors")
    cases = {name: {"preprocessor": settings, "pictures": sizes} for name, (settings, sizes) in CASES.items()}
    described = {"configs": {"patch8": PATCH8, "patch14": PATCH14, "real": REAL}, "sizes": sizes, "cases": cases, "prompts": PROMPTS}
    (folder / "clip-vision.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
