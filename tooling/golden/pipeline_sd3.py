"""Whole runs of StableDiffusion3Pipeline on the tiny checkpoints. Run after checkpoints_sd3.py: python tooling/golden/pipeline_sd3.py test/golden/fixtures"""

import sys
from pathlib import Path

import torch
from checkpoints_sd3 import SCHEDULER
from diffusers import StableDiffusion3Pipeline
from runs import LONG, NEGATIVE, PROMPTS, write

DEFAULTS = {
    "checkpoint": "sd3",
    "prompt": PROMPTS,
    "negative_prompt": NEGATIVE,
    "seed": 0,
    "steps": 4,
    "guidance_scale": 7.0,
    "height": 64,
    "width": 64,
    "max_sequence_length": 256,
}
ONE = {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1]}

CASES = {
    "sd3": {"step_latents": True},
    "sd3.no-negative": {**ONE, "negative_prompt": None},
    "sd3.short": {**ONE, "max_sequence_length": 77, "conditions": True, "steps": 2},
    "sd3.two-images": {**ONE, "num_images_per_prompt": 2, "steps": 2},
    "sd3.seed-each": {"seed": [3, 4], "steps": 2},
    "sd3.no-guidance": {**ONE, "guidance_scale": 1.0, "negative_prompt": None, "steps": 3},
    "sd3.own-size": {**ONE, "height": 64, "width": 112, "steps": 2},
    "sd3.long-prompt": {"prompt": [LONG], "negative_prompt": None, "max_sequence_length": 128, "steps": 2},
    "sd3.shift": {**ONE, "scheduler_config": {**SCHEDULER, "shift": 1.0}, "seed": 11},
    "sd35": {"checkpoint": "sd35", "step_latents": True, "seed": 1},
    "sd35.own-size": {**ONE, "checkpoint": "sd35", "height": 96, "width": 64, "steps": 2},
    # Of its three blocks the first, the last and two; the last in steps 1 to 3 of 6, since i > 0.06 and i < 3.6.
    "sd35.skip-layers": {**ONE, "checkpoint": "sd35", "steps": 6, "skip_guidance_layers": [2], "skip_layer_guidance_stop": 0.6, "step_latents": True},
    "sd35.skip-first": {**ONE, "checkpoint": "sd35", "steps": 5, "skip_guidance_layers": [0], "skip_layer_guidance_scale": 1.5, "skip_layer_guidance_stop": 0.9},
    "sd35.skip-two": {"checkpoint": "sd35", "skip_guidance_layers": [0, 1], "skip_layer_guidance_start": 0.3, "skip_layer_guidance_stop": 0.7},
    "sd3-without-t5": {"checkpoint": "sd3-without-t5", "seed": 2},
    "sd3-without-t5.short": {**ONE, "checkpoint": "sd3-without-t5", "max_sequence_length": 77, "steps": 2},
}


def conditions(pipe, case):
    names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    encoded = pipe.encode_prompt(case["prompt"], None, None, negative_prompt=case["negative_prompt"], max_sequence_length=case["max_sequence_length"])
    return dict(zip(names, encoded))


if __name__ == "__main__":
    root = Path(sys.argv[1])
    # diffusers wants to be told of the encoder that is not there.
    without = {"text_encoder_3": None, "tokenizer_3": None}
    kinds = {"sd3": {}, "sd35": {}, "sd3-without-t5": without}
    pipes = {kind: StableDiffusion3Pipeline.from_pretrained(root / kind, dtype=torch.float32, **parts) for kind, parts in kinds.items()}
    write(root, "pipeline-sd3", pipes, DEFAULTS, CASES, conditions)
