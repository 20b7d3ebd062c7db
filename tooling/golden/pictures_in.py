"""Whole runs from a picture, and with a mask over it. Run after the checkpoints: python tooling/golden/pictures_in.py test/golden/fixtures

Lists of cases: `pictures-in-image`, `pictures-in-mask`, and `pictures-in-filled` with the UNets of checkpoints_inpaint.py. Their `image`
and `mask_image` name pictures among the tensors, of bytes: `picture.NAME` `[height, width, 3]` and `mask.NAME` `[height, width]`. Stable Diffusion 1's pipeline from a picture keeps the picture's own
size, as SDXL's, and heeds no `height` and `width`.
"""

import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from checkpoints import SCHEDULE
from PIL import Image
from runs import NEGATIVE, PROMPTS, write

SIZE = {"height": 32, "width": 48}
SD1 = {"checkpoint": "sd1", "guidance_scale": 3.0, "negative_prompt": NEGATIVE[:1]}
SDXL = {"checkpoint": "sdxl", "guidance_scale": 5.0}
SD3 = {"checkpoint": "sd3", "guidance_scale": 7.0, "max_sequence_length": 16}
FLUX = {"checkpoint": "flux", "guidance_scale": 3.5, "max_sequence_length": 16}
DEFAULTS = {"prompt": PROMPTS[:1], "seed": 5, "steps": 5, "strength": 0.6, "image": "even", **SIZE}
SAMPLERS = ["ddim", "ddpm", "pndm", "euler", "euler-karras", "euler-ancestral", "lms", "heun", "dpm2", "dpm2-ancestral", "dpm++2m", "dpm++2s"]
SAMPLERS += ["dpm++2m-sde-karras", "deis", "unipc", "sa", "lcm", "tcd"]
EACH = {"prompt": PROMPTS, "negative_prompt": NEGATIVE}
EULER = {"scheduler": "euler"}
# Runge-Kutta's steps before the others.
PRK = {"_class_name": "PNDMScheduler", **SCHEDULE, "skip_prk_steps": False}
# Its Brownian motion has a seed of its own.
SEEDED = {"_class_name": "PNDMScheduler", **SCHEDULE, "noise_sampler_seed": 3}

IMAGE = {
    **{f"sd1.{name}": {**SD1, "scheduler": name} for name in SAMPLERS},
    **{f"sd1.strength-{strength}": {**SD1, "strength": strength} for strength in (0.3, 1.0)},
    "sd1.euler-whole": {**SD1, **EULER, "strength": 1.0},
    "sd1.prk": {**SD1, "scheduler_config": PRK, "strength": 0.8},
    "sd1.sde": {**SD1, "scheduler": "dpm++sde", "scheduler_config": SEEDED},
    "sd1.resized": {**SD1, "image": "odd"},
    "sd1.prompts": {**SD1, **EACH, **EULER},
    "sd1.seeds": {**SD1, **EACH, **EULER, "seed": [5, 6]},
    "sd1.pictures": {**SD1, **EULER, "num_images_per_prompt": 2},
    "sd2.own": {**SD1, "checkpoint": "sd2", "steps": 3},
    "sdxl.own": SDXL,
    "sdxl.seeds": {**SDXL, **EACH, "seed": [5, 6], "steps": 3},
    "sdxl.denoising-end": {**SDXL, "denoising_end": 0.7, "strength": 0.8},
    "sd3.own": {**SD3, "steps": 4},
    "sd3.resized": {**SD3, "image": "odd", "steps": 4, "strength": 0.5},
    "sd3.heun": {**SD3, "scheduler": "flow-match-heun"},
    "sd3.prompts": {**SD3, **EACH, "steps": 2},
    "flux.own": {**FLUX, "steps": 4},
    "flux.strength-1": {**FLUX, "steps": 3, "strength": 1.0},
}
MASK = {
    **{f"sd1.{name}": {**SD1, "scheduler": name} for name in SAMPLERS},
    **{f"sd1.strength-{strength}": {**SD1, "strength": strength} for strength in (0.3, 1.0)},
    "sd1.euler-whole": {**SD1, **EULER, "strength": 1.0},
    "sd1.ancestral-whole": {**SD1, "scheduler": "euler-ancestral", "strength": 1.0},
    "sd1.sde": {**SD1, "scheduler": "dpm++sde", "scheduler_config": SEEDED},
    "sd1.resized": {**SD1, "image": "odd", "mask_image": "grey"},
    "sd1.prompts": {**SD1, **EACH, **EULER},
    "sd1.pictures": {**SD1, "scheduler": "lcm", "num_images_per_prompt": 2},
    "sd2.own": {**SD1, "checkpoint": "sd2", "steps": 3},
    "sdxl.own": SDXL,
    "sdxl.denoising-end": {**SDXL, "denoising_end": 0.7, "strength": 0.8},
    "sd3.own": {**SD3, "steps": 4},
    "sd3.whole": {**SD3, "steps": 2, "strength": 1.0},
    "flux.own": {**FLUX, "steps": 4},
}


# By a UNet of nine channels.
FILLED = {
    "sd1.ddim": {**SD1, "scheduler": "ddim"},
    "sd1.ancestral": {**SD1, "scheduler": "euler-ancestral"},
    "sd1.ancestral-whole": {**SD1, "scheduler": "euler-ancestral", "strength": 1.0, "mask_image": "grey"},
    "sd1.pictures": {**SD1, **EACH, "scheduler": "lcm", "num_images_per_prompt": 2, "steps": 2},
    "sdxl.own": SDXL,
    "sdxl.whole": {**SDXL, "strength": 1.0, "steps": 2},
}


def picture(height, width, channels):
    """Slow waves of every colour, with some noise."""
    generator = np.random.RandomState(height * width)
    down, across = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    waves = [np.sin(6.3 * (down * (1 + channel) + across * (2 - channel))) for channel in range(channels)]
    noisy = np.stack(waves, -1) * 90 + 128 + generator.randint(-30, 30, (height, width, channels))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def mask(height, width):
    """A disc over the middle, whose edge is soft."""
    down, across = np.mgrid[-1:1:height * 1j, -1:1:width * 1j]
    return np.clip(255 * (1.2 - 1.6 * (down**2 + (across - 0.2) ** 2)), 0, 255).astype(np.uint8)


PICTURES = {"even": picture(32, 48, 3), "odd": picture(37, 55, 3)}
MASKS = {"even": mask(32, 48), "grey": mask(25, 61)}


def inputs(case):
    given = {"image": Image.fromarray(PICTURES[case["image"]])}
    return {**given, **({"mask_image": Image.fromarray(MASKS[case["mask_image"]])} if "mask_image" in case else {})}


def shift_decoded(vae):
    """StableDiffusion3InpaintPipeline forgets the shift that its other pipelines decode with."""
    decode = vae.decode
    vae.decode = lambda latents, **options: decode(latents + vae.config.shift_factor, **options)


def none(pipe, case):
    return {}


def main(root: Path):
    tensors = {f"picture.{name}": torch.from_numpy(value) for name, value in PICTURES.items()}
    tensors |= {f"mask.{name}": torch.from_numpy(value) for name, value in MASKS.items()}
    for name, cases, kind in (("image", IMAGE, "Img2Img"), ("mask", MASK, "Inpaint"), ("filled", FILLED, "Inpaint")):
        pipes = {}
        for checkpoint, family in (("sd1", "StableDiffusion"), ("sd2", "StableDiffusion"), ("sdxl", "StableDiffusionXL"), ("sd3", "StableDiffusion3"), ("flux", "Flux")):
            extra = {"add_watermarker": False} if checkpoint == "sdxl" else {}
            pipes[checkpoint] = getattr(diffusers, f"{family}{kind}Pipeline").from_pretrained(root / checkpoint, dtype=torch.float32, **extra)
        if name == "filled":
            for checkpoint in ("sd1", "sdxl"):
                unet = diffusers.UNet2DConditionModel.from_pretrained(root / f"{checkpoint}-inpaint/unet")
                pipes[checkpoint] = pipes[checkpoint].from_pipe(pipes[checkpoint], unet=unet)
        if name == "mask":
            shift_decoded(pipes["sd3"].vae)
        defaults = DEFAULTS if name == "image" else {**DEFAULTS, "mask_image": "even"}
        write(root, f"pictures-in-{name}", pipes, defaults, cases, none, inputs=inputs, tensors=tensors)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
