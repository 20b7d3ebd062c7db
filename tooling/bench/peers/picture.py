"""Whole pictures: python picture.py FOLDER THREADS float32|bfloat16|int8 diffusers|openvino

`sd15 20` is a picture of 20 steps, `lcm 4 taesd` one with another VAE.
"""

from measuring import folder, kind, serve, task, threads, torch
from diffusers import AutoencoderTiny, DPMSolverMultistepScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

# How each model draws; `ours/picture.ts` has the same.
OPTIONS = {
    "sd15": {"guidance_scale": 7.5},
    "lcm": {"guidance_scale": 8.0},
    "sd-turbo": {"guidance_scale": 0.0},
    "sdxl": {"guidance_scale": 0.0, "height": 512, "width": 512},
}
opened = {}


def load(model, vae):
    pipeline = StableDiffusionXLPipeline if model == "sdxl" else StableDiffusionPipeline
    dtype = torch.float32 if task == "openvino" else getattr(torch, kind)
    pipe = pipeline.from_pretrained(f"{folder}/{model}", dtype=dtype)
    pipe.set_progress_bar_config(disable=True)
    if vae:
        pipe.vae = AutoencoderTiny.from_pretrained(f"{folder}/{vae}", torch_dtype=dtype)
    if model == "sd15":
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    if task == "openvino":
        from openvino_models import replace_models

        replace_models(pipe, folder, kind, threads)
    return pipe


def measure(name):
    model, steps, *vae = name.split(" ")
    key = (model, *vae)
    if key not in opened:
        opened.clear()
        opened[key] = load(model, vae[0] if vae else None)
    generator = torch.Generator().manual_seed(1)
    opened[key]("a lighthouse on a cliff at dusk", num_inference_steps=int(steps), generator=generator, **OPTIONS[model])


serve(measure)
