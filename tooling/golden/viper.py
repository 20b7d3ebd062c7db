"""Whole runs of ViPer's guidance on the tiny checkpoints: python tooling/golden/viper.py test/golden/fixtures PIPELINE_VIPER

PIPELINE_VIPER is pipeline_stable_diffusion_xl.py of EPFL-VILAB/ViPer (099a539), which runs as it stands on Stable Diffusion XL. What it does is
done here once more around diffusers' own pipelines, by a UNet that is called twice and gives the halves of which guidance makes
the published sum; on XL both must agree, so Stable Diffusion 1, for which the authors published no code, is drawn as they would.

An empty negative prompt is encoded, which is the published default. A case is what the pipeline is called with, under its own names, but for `checkpoint`, `seed` and `scheduler` (a choice of runs.py's SAMPLERS).
Tensors of case KEY: `KEY.images` `[pictures, height, width, 3]`.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from runs import NEGATIVE, PROMPTS, scheduler_of
from safetensors.torch import save_file

torch.set_num_threads(1)

LIKED, DISLIKED = "teal, flowing lines, intricate patterns, soft light", "harsh shadows, flat colors, photorealism"
DEFAULTS = {"prompt": PROMPTS[0], "negative_prompt": "", "vp_pos": LIKED, "vp_neg": DISLIKED, "seed": 5, "height": 64, "width": 64, "num_inference_steps": 4, "guidance_scale": 5.0}
CASES = {
    "sd1": {"checkpoint": "sd1"},
    "sd1.negative": {"checkpoint": "sd1", "negative_prompt": NEGATIVE[1], "vp_degree_pos": 0.5, "vp_degree_neg": 1.2, "scheduler": "ddim", "num_images_per_prompt": 2},
    "sd1.liked": {"checkpoint": "sd1", "vp_neg": "", "vp_degree_neg": 0.0, "scheduler": "euler-ancestral"},
    "sdxl": {"checkpoint": "sdxl"},
    "sdxl.negative": {"checkpoint": "sdxl", "negative_prompt": NEGATIVE[0], "vp_degree_pos": 0.4, "vp_degree_neg": 0.2, "scheduler": "ddim", "width": 80},
}
OWN = ("checkpoint", "seed", "scheduler", "vp_pos", "vp_neg", "vp_degree_pos", "vp_degree_neg")


def published(path: Path):
    # Under diffusers' own name, since it imports relatively.
    spec = importlib.util.spec_from_file_location("diffusers.pipelines.stable_diffusion_xl.viper", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.StableDiffusionXLPipeline


class Twice(torch.nn.Module):
    """A UNet that sees the prompt with the preferences added, then the preferences alone."""

    def __init__(self, unet, liked, disliked, degrees):
        super().__init__()
        self.unet, self.liked, self.disliked, self.degrees = unet, liked, disliked, degrees

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.unet, name)

    def forward(self, sample, t, encoder_hidden_states, **arguments):
        pictures = encoder_hidden_states.shape[0] // 2
        liked, disliked = (each.expand(pictures, -1, -1) for each in (self.liked, self.disliked))
        positive, negative = self.degrees
        scaled = torch.cat([negative * disliked, positive * liked])
        first = self.unet(sample, t, encoder_hidden_states=encoder_hidden_states + scaled, **arguments)[0]
        second = self.unet(sample, t, encoder_hidden_states=torch.cat([disliked, liked]), **arguments)[0]
        nothing, text = first.chunk(2)
        against, towards = second.chunk(2)
        return (torch.cat([nothing, text + positive * towards - negative * against]),)


def draw(pipe, arguments, seed):
    pipe.set_progress_bar_config(disable=True)
    found = pipe(**arguments, generator=torch.Generator().manual_seed(seed), output_type="np").images
    return torch.from_numpy(np.round(found * 255).astype(np.uint8)).contiguous()


def run(root, case, Published):
    isXL = case["checkpoint"] == "sdxl"
    folder = root / case["checkpoint"]
    degrees = (case.get("vp_degree_pos", 0.85), case.get("vp_degree_neg", 0.85))
    arguments = {name: value for name, value in case.items() if name not in OWN}
    # What is not in a tiny checkpoint is not drawn with.
    own = {"add_watermarker": False} if isXL else {"safety_checker": None, "requires_safety_checker": False}
    pipe = (StableDiffusionXLPipeline if isXL else StableDiffusionPipeline).from_pretrained(folder, **own)
    pipe.scheduler = scheduler_of(root, case)
    encode = {"device": "cpu", "num_images_per_prompt": 1, "do_classifier_free_guidance": True}
    liked, disliked = pipe.encode_prompt(prompt=case["vp_pos"], negative_prompt=case["vp_neg"], **encode)[:2]
    whole, pipe.unet = pipe.unet, Twice(pipe.unet, liked, disliked, degrees)
    images = draw(pipe, arguments, case["seed"])
    if isXL:
        parts = {**pipe.components, "unet": whole}
        theirs = Published(**{name: parts[name] for name in ("vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "scheduler")}, **own)
        theirs.scheduler = scheduler_of(root, case)
        preferences = {"vp_pos": case["vp_pos"], "vp_neg": case["vp_neg"], "vp_degree_pos": degrees[0], "vp_degree_neg": degrees[1]}
        reference = draw(theirs, {**arguments, **preferences}, case["seed"])
        assert (images.int() - reference.int()).abs().max() <= 1, "the published pipeline draws another picture"
        images = reference
    pipe.unet, pipe.scheduler = whole, scheduler_of(root, case)
    plain = draw(pipe, arguments, case["seed"])
    assert (images.int() - plain.int()).abs().max() > 8, "preferences do not show"
    return images


@torch.no_grad()
def main(root: Path, source: Path):
    Published = published(source)
    rows, tensors = [], {}
    for key, changes in CASES.items():
        case = {**DEFAULTS, **changes}
        tensors[f"{key}.images"] = run(root, case, Published)
        rows.append({"key": key, **case})
    save_file(tensors, root / "viper.safetensors")
    (root / "viper.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
