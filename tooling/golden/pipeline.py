"""Whole runs of StableDiffusionPipeline on the tiny checkpoints, with their own schedules and with another's. Run after checkpoints.py: python tooling/golden/pipeline.py test/golden/fixtures"""

import sys
from pathlib import Path

from checkpoints import CHECKPOINTS
from diffusers import StableDiffusionPipeline
from runs import NEGATIVE, PROMPTS, write
from schedulers import SWAPS

DEFAULTS = {"checkpoint": "sd1", "prompt": PROMPTS, "negative_prompt": NEGATIVE, "seed": 0, "steps": 5, "guidance_scale": 7.5, "height": 64, "width": 64}
# As arXiv 2305.08891 says, whose rescaled guidance goes with it.
ZERO_SNR = {**CHECKPOINTS["sd2"]["scheduler"], "timestep_spacing": "trailing", "rescale_betas_zero_snr": True}

CASES = {
    "sd1": {"conditions": True},
    "sd1.no-negative": {"prompt": PROMPTS[:1], "negative_prompt": None},
    "sd1.two-images": {"num_images_per_prompt": 2, "steps": 3},
    "sd1.no-guidance": {"guidance_scale": 1.0, "negative_prompt": None, "steps": 3},
    "sd1.own-size": {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "height": 128, "width": 128, "steps": 2},
    "sd1.seed-each": {"seed": [3, 4], "steps": 3},
    "sd1.eta": {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "scheduler": "ddim", "eta": 0.7, "steps": 4},
    **{
        f"sd1.{name}": {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "scheduler": name, "seed": 11, "steps": 4}
        for name in SWAPS
    },
    "sd1.dpm++sde": {"scheduler": "dpm++sde", "seed": 11, "steps": 4},
    "sd2": {"checkpoint": "sd2", "width": 80, "conditions": True},
    "sd2.euler-ancestral": {"checkpoint": "sd2", "scheduler": "euler-ancestral", "steps": 4, "seed": 12},
}
RESCALED = {
    "sd2.zero-snr": {"checkpoint": "sd2", "scheduler_config": ZERO_SNR, "steps": 3, "seed": 12},
    "sd2.guidance-rescale": {"checkpoint": "sd2", "scheduler_config": ZERO_SNR, "guidance_rescale": 0.7, "steps": 4, "seed": 13},
}


def conditions(pipe, case):
    names = ("prompt_embeds", "negative_prompt_embeds")
    return dict(zip(names, pipe.encode_prompt(case["prompt"], "cpu", 1, True, case["negative_prompt"])))


if __name__ == "__main__":
    root = Path(sys.argv[1])
    pipes = {kind: StableDiffusionPipeline.from_pretrained(root / kind) for kind in ("sd1", "sd2")}
    write(root, "pipeline", pipes, DEFAULTS, CASES, conditions)
    write(root, "pipeline-sd2", pipes, DEFAULTS, RESCALED, conditions)
