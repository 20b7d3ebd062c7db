"""Whole runs with options that only some of diffusers' pipelines take. Run after the checkpoints: python tooling/golden/pipeline_options.py test/golden/fixtures

diffusers 0.42 cannot do StableDiffusionPipeline's clip_skip with transformers 5: those cases get the condition by its rule, the hidden
states before the last `clip_skip` layers through the final norm.
"""

import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from runs import NEGATIVE, PROMPTS, write

DEFAULTS = {"prompt": PROMPTS[:1], "seed": 5, "steps": 2, "height": 32, "width": 32}
SDXL = {"checkpoint": "sdxl", "guidance_scale": 5.0}
SD3 = {"checkpoint": "sd3", "guidance_scale": 7.0, "max_sequence_length": 16}
FLUX = {"checkpoint": "flux", "guidance_scale": 3.5, "max_sequence_length": 16}
NEGATIVES = {"negative_prompt": NEGATIVE[0], "negative_prompt_2": "fog"}

CASES = {
    "sdxl.prompt-2": {**SDXL, "prompt_2": "a boat"},
    "sdxl.prompt-2-each": {**SDXL, "prompt": PROMPTS, "prompt_2": ["a boat", "a ship"], "negative_prompt": NEGATIVE, "negative_prompt_2": ["fog", "rain"]},
    "sdxl.negative-prompt-2": {**SDXL, **NEGATIVES},
    # Without the first there are zeros.
    "sdxl.negative-prompt-2-alone": {**SDXL, "negative_prompt_2": "fog"},
    "sdxl.clip-skip": {**SDXL, "clip_skip": 1, "negative_prompt": NEGATIVE[0]},
    "sdxl.denoising-end": {**SDXL, "denoising_end": 0.7, "steps": 5},
    "sd3.prompts": {**SD3, "prompt_2": "a boat", "prompt_3": "a ship"},
    "sd3.negative-prompts": {**SD3, **NEGATIVES, "negative_prompt_3": "rain"},
    "sd3.clip-skip": {**SD3, "clip_skip": 1},
    "flux.prompt-2": {**FLUX, "prompt_2": "a boat"},
    "flux.negative-prompt-2": {**FLUX, **NEGATIVES, "true_cfg_scale": 2.0},
    "flux.negative-prompt-2-alone": {**FLUX, "negative_prompt_2": "fog", "true_cfg_scale": 2.0},
    "flux.max-sequence-length": {"checkpoint": "flux", "guidance_scale": 3.5},
    "flux.size": {**FLUX, "height": 47, "width": 41},
}
CLIP_SKIP = {f"{kind}.clip-skip-{skip}": {"checkpoint": kind, "guidance_scale": 7.5, "clip_skip": skip, "negative_prompt": NEGATIVE[0]} for kind in ("sd1", "sd2") for skip in (1, 2)}


def none(pipe, case):
    return {}


@torch.no_grad()
def skipped(pipe, case):
    ids = pipe.tokenizer(case["prompt"], padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    states = pipe.text_encoder(ids, output_hidden_states=True).hidden_states[-(case["clip_skip"] + 1)]
    return {"prompt_embeds": getattr(pipe.text_encoder, "text_model", pipe.text_encoder).final_layer_norm(states)}


if __name__ == "__main__":
    root = Path(sys.argv[1])
    classes = {"sd1": StableDiffusionPipeline, "sd2": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline, "sd3": StableDiffusion3Pipeline, "flux": FluxPipeline}
    pipes = {kind: pipeline.from_pretrained(root / kind, dtype=torch.float32, **({"add_watermarker": False} if kind == "sdxl" else {})) for kind, pipeline in classes.items()}
    write(root, "pipeline-options", pipes, DEFAULTS, CASES, none)
    write(root, "pipeline-clip-skip", pipes, DEFAULTS, CLIP_SKIP, skipped, personal=True)
