"""Whole runs of StableDiffusionPipeline on the tiny checkpoints. Run after checkpoints.py: python tooling/golden/pipeline.py test/golden/fixtures"""

import json
import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
from schedulers import SWAPS

PROMPTS = ["a photo of a cat on the beach", "portrait of an astronaut, oil on canvas"]
NEGATIVE = ["blurry", "low quality, deformed hands"]
DEFAULTS = {"checkpoint": "sd1", "prompt": PROMPTS, "negative_prompt": NEGATIVE, "seed": 0, "steps": 5, "guidance_scale": 7.5, "height": 64, "width": 64}

CASES = {
    "sd1": {},
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
    "sd2": {"checkpoint": "sd2", "width": 80},
    "sd2.euler-ancestral": {"checkpoint": "sd2", "scheduler": "euler-ancestral", "steps": 4, "seed": 12},
}


def swap(pipe, root, checkpoint, name):
    config = json.loads((root / checkpoint / "scheduler/scheduler_config.json").read_text())
    if name is None:
        return type(pipe.scheduler).from_config(config)
    class_name, extra = SWAPS[name]
    return getattr(diffusers, class_name).from_config(config, **extra)


def main(root: Path):
    pipes = {kind: StableDiffusionPipeline.from_pretrained(root / kind) for kind in ("sd1", "sd2")}
    tensors, cases = {}, []
    for key, changes in CASES.items():
        case = {**DEFAULTS, **changes}
        pipe = pipes[case["checkpoint"]]
        pipe.set_progress_bar_config(disable=True)

        def run(**extra):
            pipe.scheduler = swap(pipe, root, case["checkpoint"], case.get("scheduler"))
            seeds = case["seed"]
            generator = [torch.Generator().manual_seed(s) for s in seeds] if isinstance(seeds, list) else torch.Generator().manual_seed(seeds)
            return pipe(
                case["prompt"],
                negative_prompt=case["negative_prompt"],
                num_inference_steps=case["steps"],
                guidance_scale=case["guidance_scale"],
                height=case["height"],
                width=case["width"],
                num_images_per_prompt=case.get("num_images_per_prompt", 1),
                eta=case.get("eta", 0.0),
                generator=generator,
                **extra,
            ).images

        tensors[f"{key}.latents"] = run(output_type="latent").contiguous()
        tensors[f"{key}.images"] = torch.from_numpy(np.stack([np.asarray(image) for image in run()]))
        cases.append({"key": key, **case})
    for kind, pipe in pipes.items():
        embeds, negative = pipe.encode_prompt(PROMPTS, "cpu", 1, True, NEGATIVE)
        tensors[f"{kind}.prompt_embeds"], tensors[f"{kind}.negative_prompt_embeds"] = embeds.detach(), negative.detach()
    save_file(tensors, root / "pipeline.safetensors")
    (root / "pipeline.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
