"""Whole runs of diffusers' community pipeline FABRIC on the tiny checkpoints. Run after checkpoints.py, with examples/community/pipeline_fabric.py of a checkout of huggingface/diffusers (58eb52c): python tooling/golden/fabric.py test/golden/fixtures PIPELINE_FABRIC

A case is what the pipeline is called with, under its own names, but for `checkpoint`, `seed` (`torch.manual_seed` before the run),
`scheduler` (a choice of schedulers.py's SWAPS), and `liked` and `disliked`, which are names of pictures. Tensors: `picture.NAME`
`[height, width, 3]`; of case KEY, `KEY.images`, and `KEY.latents` before they are decoded; `resized.NAME`, the picture as Pillow's
Lanczos makes it 64 × 64. For each checkpoint also one prediction of the UNet, `unet.CHECKPOINT.…`: its liked and disliked latents and their
condition, the sample, the conditions (negative, then positive), weights for each depth, and what it gives.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from runs import NEGATIVE, PROMPTS, scheduler_of
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer

torch.set_num_threads(1)

DEFAULTS = {
    "checkpoint": "sd1",
    "prompt": PROMPTS[0],
    "negative_prompt": NEGATIVE[1],
    "liked": [],
    "disliked": [],
    "seed": 5,
    "height": 64,
    "width": 64,
    "num_images": 1,
    "num_inference_steps": 4,
    "guidance_scale": 5.0,
}
CASES = {
    "sd1": {"liked": ["square", "wide"], "disliked": ["tall"], "num_inference_steps": 6},
    "sd1.liked": {"liked": ["square"], "scheduler": "ddim", "num_images": 2, "seed": 6},
    "sd1.disliked": {"disliked": ["tall", "square", "wide"], "scheduler": "euler-ancestral", "neg_scale": 1.0},
    # From the second call to the third of four: both ends are halves, which Python rounds to the even number.
    "sd1.schedule": {
        "liked": ["wide"],
        "disliked": ["square"],
        "scheduler": "ddim",
        "num_inference_steps": 5,
        "feedback_start_ratio": 0.3,
        "feedback_end_ratio": 0.5,
        "min_weight": 0.1,
        "max_weight": 1.5,
        "neg_scale": 0.7,
    },
    "sd1.without-least": {"liked": ["square"], "disliked": ["tall"], "scheduler": "euler-ancestral", "min_weight": 0.0},
    "sd1.bottleneck": {"liked": ["square"], "disliked": ["wide"], "pos_bottleneck_scale": 0.2, "neg_bottleneck_scale": 2.5, "feedback_start_ratio": 0.0, "feedback_end_ratio": 1.0},
    "sd2": {"checkpoint": "sd2", "liked": ["square", "tall"], "disliked": ["wide"], "width": 80, "seed": 8},
    "sd2.disliked": {"checkpoint": "sd2", "disliked": ["tall"], "num_images": 2},
    "sd2.none": {"checkpoint": "sd2", "scheduler": "euler-ancestral"},
}
SIZES = {"square": (64, 64), "wide": (96, 40), "tall": (30, 70)}
OWN = ("checkpoint", "seed", "scheduler", "liked", "disliked")


def pictures():
    """Waves of colour with some noise."""
    random = np.random.RandomState(3)
    for i, (name, (width, height)) in enumerate(SIZES.items()):
        y, x = np.mgrid[0:height, 0:width]
        waves = [np.sin(x / (3 + 2 * i + channel) + channel) * np.cos(y / (4 + i) - channel) for channel in range(3)]
        bytes_ = 127 + 100 * np.stack(waves, -1) + random.randint(-25, 26, (height, width, 3))
        yield name, Image.fromarray(bytes_.clip(0, 255).astype(np.uint8))


def load(path: Path):
    spec = importlib.util.spec_from_file_location("pipeline_fabric", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FabricPipeline


def open_pipeline(FabricPipeline, root: Path, checkpoint):
    folder = root / checkpoint
    pipe = FabricPipeline(
        vae=AutoencoderKL.from_pretrained(folder / "vae"),
        text_encoder=CLIPTextModel.from_pretrained(folder / "text_encoder"),
        tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        unet=UNet2DConditionModel.from_pretrained(folder / "unet"),
        scheduler=scheduler_of(root, {"checkpoint": checkpoint}),
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(pipe, root, case, shown):
    """The pictures' bytes, and the latents that the VAE decodes."""
    pipe.scheduler = scheduler_of(root, case)
    decode, kept = pipe.vae.decode, []

    def keep(latents, **arguments):
        kept.append(latents * pipe.vae.config.scaling_factor)
        return decode(latents, **arguments)

    pipe.vae.decode = keep
    arguments = {name: value for name, value in case.items() if name not in OWN}
    torch.manual_seed(case["seed"])
    found = pipe(**arguments, **{kind: [shown[name] for name in case[kind]] for kind in ("liked", "disliked")}).images
    pipe.vae.decode = decode
    images = torch.from_numpy(np.stack([np.asarray(image) for image in found]))
    extreme = ((images == 0) | (images == 255)).float().mean().item()
    assert extreme < 0.5, f"half of the picture is black or white: {extreme}"
    return images, kept[0].contiguous()


def prediction(pipe, seed):
    """One call of the UNet, with weights that differ from depth to depth."""
    generator = torch.Generator().manual_seed(seed)
    width = pipe.unet.config.cross_attention_dim
    shapes = {"liked": (2, 4, 6, 5), "disliked": (1, 4, 6, 5), "null": (1, 77, width), "sample": (2, 4, 6, 5), "conditions": (4, 77, width)}
    given = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    t = torch.tensor(300)
    references = torch.cat([given["liked"], given["disliked"]])
    cached = pipe.get_unet_hidden_states(references, t, given["null"].expand(3, -1, -1))
    flat = [[each.reshape(1, -1, each.shape[-1]).expand(2, -1, -1) for each in states.split([2, 1])] for states in cached]
    negative, positive = given["conditions"].chunk(2)
    output = pipe.unet_forward_with_cached_hidden_states(
        given["sample"].repeat(2, 1, 1, 1),
        t,
        prompt_embd=torch.cat([positive, negative]),
        cached_pos_hiddens=[liked for liked, _ in flat],
        cached_neg_hiddens=[disliked for _, disliked in flat],
        pos_weights=(0.9, 0.3),
        neg_weights=(0.2, 1.6),
    )[0]
    blocks = len(pipe.unet.down_blocks)
    weights = torch.stack([torch.linspace(0.9, 0.3, blocks + 1), torch.linspace(0.2, 1.6, blocks + 1)], -1)
    return {**given, "weights": weights, "output": torch.cat(output.chunk(2)[::-1])}


@torch.no_grad()
def main(root: Path, source: Path):
    FabricPipeline = load(source)
    pipes = {checkpoint: open_pipeline(FabricPipeline, root, checkpoint) for checkpoint in ("sd1", "sd2")}
    shown = dict(pictures())
    tensors = {f"picture.{name}": torch.from_numpy(np.asarray(image).copy()) for name, image in shown.items()}
    tensors |= {f"resized.{name}": torch.from_numpy(np.asarray(image.resize((64, 64), Image.Resampling.LANCZOS)).copy()) for name, image in shown.items()}
    rows = []
    for key, changes in CASES.items():
        case = {**DEFAULTS, **changes}
        images, latents = run(pipes[case["checkpoint"]], root, case, shown)
        plain, _ = run(pipes[case["checkpoint"]], root, {**case, "liked": [], "disliked": []}, shown)
        largest = (images.int() - plain.int()).abs().max().item()
        assert largest > 8 or not (case["liked"] or case["disliked"]), f"{key}: feedback shows by {largest} only"
        tensors[f"{key}.images"], tensors[f"{key}.latents"] = images, latents
        rows.append({"key": key, **case})
    for i, (checkpoint, pipe) in enumerate(pipes.items()):
        tensors |= {f"unet.{checkpoint}.{name}": value.contiguous() for name, value in prediction(pipe, 20 + i).items()}
    save_file(tensors, root / "fabric.safetensors")
    (root / "fabric.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
