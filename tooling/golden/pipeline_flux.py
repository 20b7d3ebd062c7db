"""Whole runs of FluxPipeline on the tiny checkpoints. Run after checkpoints_flux.py: python tooling/golden/pipeline_flux.py test/golden/fixtures"""

import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline
from runs import LONG, NEGATIVE, PROMPTS, write

DEFAULTS = {
    "checkpoint": "flux",
    "prompt": PROMPTS,
    "negative_prompt": None,
    "seed": 0,
    "steps": 4,
    "guidance_scale": 3.5,
    "height": 64,
    "width": 64,
    "max_sequence_length": 512,
}
ONE = {"prompt": PROMPTS[:1]}
TRUE_CFG = {"true_cfg_scale": 2.0, "negative_prompt": NEGATIVE}
SCHNELL = {"checkpoint": "flux-schnell", "guidance_scale": 0.0, "max_sequence_length": 256}

CASES = {
    "flux": {"step_latents": True},
    "flux.no-guidance": {**ONE, "guidance_scale": 0.0, "steps": 3},
    "flux.256": {"max_sequence_length": 256, "seed": 1},
    "flux.64": {**ONE, "max_sequence_length": 64, "seed": 2, "steps": 2, "conditions": True},
    "flux.long-prompt": {"prompt": [LONG], "max_sequence_length": 64, "steps": 2},
    "flux.true-cfg": TRUE_CFG,
    # Two conditions only where there is a negative prompt and a scale above 1.
    "flux.true-cfg-of-1": {**ONE, "negative_prompt": NEGATIVE[:1], "true_cfg_scale": 1.0, "steps": 2},
    "flux.true-cfg-empty": {**ONE, "negative_prompt": "", "true_cfg_scale": 2.0, "steps": 2},
    "flux.true-cfg-without": {**ONE, "true_cfg_scale": 2.0, "steps": 2},
    "flux.two-images": {**ONE, "num_images_per_prompt": 2, "steps": 2},
    "flux.seed-each": {"seed": [3, 4], "steps": 2},
    "flux.own-size": {**ONE, "height": 64, "width": 112, "steps": 2},
    # The schedule shifts with the picture's size.
    "flux.large": {**ONE, "height": 128, "width": 112, "steps": 2},
    "flux-schnell": {**SCHNELL, "step_latents": True},
    "flux-schnell.1-step": {**SCHNELL, **ONE, "steps": 1, "seed": 5},
}


def conditions(pipe, case):
    embeds, pooled, _ = pipe.encode_prompt(case["prompt"], None, max_sequence_length=case["max_sequence_length"])
    return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}


if __name__ == "__main__":
    root = Path(sys.argv[1])
    pipes = {kind: FluxPipeline.from_pretrained(root / kind, dtype=torch.float32) for kind in ("flux", "flux-schnell")}
    write(root, "pipeline-flux", pipes, DEFAULTS, CASES, conditions)
