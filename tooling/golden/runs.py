"""Whole runs of a diffusers pipeline, written as a JSON list of cases and the tensors beside it.

A case names its checkpoint folder and what the pipeline is called with, under diffusers' names, but for `seed` (one generator, or
one for each picture) and `steps` (`num_inference_steps`). `scheduler` is one of SAMPLERS, `scheduler_config` a
whole scheduler_config.json in place of the checkpoint's. Tensors of case KEY: `KEY.images` `[pictures, height, width, 3]`,
`KEY.latents` `[pictures, channels, height / 8, width / 8]`; with `step_latents` also `KEY.step_latents` `[steps, …]`; with
`conditions` also `KEY.{,negative_}{,pooled_}prompt_embeds`, a row for each prompt.
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from safetensors.torch import save_file
from schedulers import SWAPS

# Beside those of schedulers.py. Its noise is seeded from PyTorch's global generator.
SWAPS = {**SWAPS, "dpm++sde": ("DPMSolverSDEScheduler", {})}
# Sums come out alike however many cores there are.
torch.set_num_threads(1)

PROMPTS = ["a photo of a cat on the beach", "portrait of an astronaut, oil on canvas"]
# More than CLIP's 77 tokens and some of T5's lengths.
LONG = "a photo of a cat on the beach, " * 14
NEGATIVE = ["blurry", "low quality, deformed hands"]
# The samplers' names, each with its class and its settings, beyond those of which schedulers.py writes trajectories.
KARRAS = {"use_karras_sigmas": True}
SDE = {"algorithm_type": "sde-dpmsolver++"}
SAMPLERS = {
    **SWAPS,
    "ddpm": ("DDPMScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "dpm2": ("KDPM2DiscreteScheduler", {}),
    "dpm2-ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "dpm++2s": ("DPMSolverSinglestepScheduler", {}),
    "dpm++2m-sde-karras": ("DPMSolverMultistepScheduler", {**KARRAS, **SDE}),
    "deis": ("DEISMultistepScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "sa": ("SASolverScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
    "flow-match-heun": ("FlowMatchHeunDiscreteScheduler", {}),
}
# A case's own fields, which are no arguments of a pipeline.
OWN = ("checkpoint", "seed", "steps", "scheduler", "scheduler_config", "step_latents", "conditions", "personal", "lpw", "loras", "cache", "whole")


def scheduler_of(root: Path, case):
    config = case.get("scheduler_config") or json.loads((root / case["checkpoint"] / "scheduler/scheduler_config.json").read_text())
    class_name, extra = SAMPLERS[case["scheduler"]] if case.get("scheduler") else (config["_class_name"], {})
    return getattr(diffusers, class_name).from_config(config, **extra)


def generator_of(seed):
    if isinstance(seed, list):
        return [torch.Generator().manual_seed(each) for each in seed]
    return torch.manual_seed(seed)


def unpacked(latents, pipe, case):
    """FLUX's latents lie in patches of 2 × 2 during a run."""
    if latents.ndim == 4:
        return latents
    return pipe._unpack_latents(latents, case["height"], case["width"], pipe.vae_scale_factor)


def run(pipe, root: Path, case, **embeds):
    """Images, final latents and those after each step."""
    steps = []

    def keep(pipe, step, timestep, kwargs):
        steps.append(unpacked(kwargs["latents"], pipe, case).clone())
        return kwargs

    # Sizes are tuples in Python.
    arguments = {name: tuple(value) if name.endswith(("_size", "_left")) else value for name, value in case.items() if name not in OWN}
    pipe.set_progress_bar_config(disable=True)
    results = {}
    for output_type in ("latent", "pil"):
        pipe.scheduler = scheduler_of(root, case)
        steps.clear()
        results[output_type] = pipe(
            **{**arguments, **embeds},
            num_inference_steps=case["steps"],
            generator=generator_of(case["seed"]),
            output_type=output_type,
            callback_on_step_end=keep,
        ).images
    images = torch.from_numpy(np.stack([np.asarray(image) for image in results["pil"]]))
    extreme = ((images == 0) | (images == 255)).float().mean().item()
    assert extreme < 0.5, f"half of the picture is black or white: {extreme}"
    return images, unpacked(results["latent"], pipe, case).contiguous(), torch.stack(steps)


@torch.no_grad()
def write(root: Path, name: str, pipes, defaults, cases, conditions, personal=False, inputs=lambda case: {}, tensors=()):
    """`name.json` and `name.safetensors`; `conditions(pipe, case)` gives a case's prompts' tensors by name, for personal ones in their place.

    `inputs(case)` gives arguments in place of a case's, which JSON cannot hold; `tensors` are written too.
    """
    tensors, rows = dict(tensors), []
    for key, changes in cases.items():
        case = {**defaults, **changes}
        pipe = pipes(case) if callable(pipes) else pipes[case["checkpoint"]]
        given = {"prompt": None, **conditions(pipe, case)} if personal or case.get("personal") else {}
        images, latents, steps = run(pipe, root, case, **given, **inputs(case))
        tensors[f"{key}.images"], tensors[f"{key}.latents"] = images, latents
        assert torch.isfinite(latents).all()
        if case.get("step_latents"):
            tensors[f"{key}.step_latents"] = steps
        if case.get("conditions"):
            tensors.update({f"{key}.{part}": value.contiguous() for part, value in conditions(pipe, case).items() if value is not None})
        rows.append({"key": key, **case})
    save_file(tensors, root / f"{name}.safetensors")
    (root / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
