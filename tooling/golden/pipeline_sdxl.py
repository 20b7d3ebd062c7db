"""Whole runs of StableDiffusionXLPipeline on the tiny checkpoint. Run after checkpoints_sdxl.py: python tooling/golden/pipeline_sdxl.py test/golden/fixtures"""

import sys
from pathlib import Path

from checkpoints_sdxl import SCHEDULER
from diffusers import StableDiffusionXLPipeline
from runs import LONG, NEGATIVE, PROMPTS, write

DEFAULTS = {"checkpoint": "sdxl", "prompt": PROMPTS, "negative_prompt": NEGATIVE, "seed": 0, "steps": 4, "guidance_scale": 5.0, "height": 64, "width": 64}
ONE = {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1]}
# The schedulers of stabilityai/sdxl-turbo, and of ByteDance/SDXL-Lightning as its page sets them.
TURBO = {**SCHEDULER, "_class_name": "EulerAncestralDiscreteScheduler", "timestep_spacing": "trailing"}
LIGHTNING = {**SCHEDULER, "timestep_spacing": "trailing"}

CASES = {
    "sdxl": {"step_latents": True, "conditions": True},
    "sdxl.no-negative": {**ONE, "negative_prompt": None, "conditions": True},
    "sdxl.empty-negative": {**ONE, "negative_prompt": ""},
    "sdxl.two-images": {**ONE, "num_images_per_prompt": 2, "steps": 2},
    "sdxl.seed-each": {"seed": [3, 4], "steps": 2},
    "sdxl.no-guidance": {**ONE, "guidance_scale": 1.0, "negative_prompt": None, "steps": 3},
    "sdxl.own-size": {**ONE, "height": 64, "width": 96, "steps": 2},
    # Latents of 9 × 11, which halve with a rest.
    "sdxl.odd-size": {**ONE, "height": 72, "width": 88, "steps": 2},
    "sdxl.long-prompt": {"prompt": [LONG], "negative_prompt": None, "steps": 2},
    "sdxl.sizes": {**ONE, "original_size": [512, 768], "crops_coords_top_left": [16, 32], "target_size": [1024, 640], "steps": 3},
    "sdxl.negative-sizes": {
        **ONE,
        "original_size": [1024, 1024],
        "negative_original_size": [512, 256],
        "negative_crops_coords_top_left": [8, 24],
        "negative_target_size": [768, 1024],
        "steps": 3,
    },
    "sdxl.guidance-rescale": {**ONE, "guidance_rescale": 0.7, "guidance_scale": 7.5},
    "sdxl.dpm++2m-karras": {**ONE, "scheduler": "dpm++2m-karras", "seed": 11},
    "sdxl.euler-ancestral": {**ONE, "scheduler": "euler-ancestral", "seed": 12},
    "sdxl-turbo.1-step": {**ONE, "negative_prompt": None, "guidance_scale": 0.0, "scheduler_config": TURBO, "steps": 1, "seed": 5},
    "sdxl-turbo.2-steps": {"negative_prompt": None, "guidance_scale": 0.0, "scheduler_config": TURBO, "steps": 2, "seed": 6},
    "sdxl-lightning": {**ONE, "negative_prompt": None, "guidance_scale": 0.0, "scheduler_config": LIGHTNING, "steps": 4, "seed": 7},
}


def conditions(pipe, case):
    names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    return dict(zip(names, pipe.encode_prompt(case["prompt"], device="cpu", negative_prompt=case["negative_prompt"])))


if __name__ == "__main__":
    root = Path(sys.argv[1])
    pipes = {"sdxl": StableDiffusionXLPipeline.from_pretrained(root / "sdxl", add_watermarker=False)}
    write(root, "pipeline-sdxl", pipes, DEFAULTS, CASES, conditions)
