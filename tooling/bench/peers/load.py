"""Opening a checkpoint by diffusers, in a process of its own: python load.py FOLDER THREADS float32|bfloat16 load"""

from measuring import folder, kind, serve, torch
from diffusers import StableDiffusionPipeline
from models import MODELS


def measure(name):
    dtype = getattr(torch, kind)
    pipe = StableDiffusionPipeline.from_pretrained(f"{folder}/sd15", dtype=dtype)
    if name == "open":
        return None
    sample, time, condition = MODELS["unet"].feeds()
    return pipe.unet(sample.to(dtype), time, condition.to(dtype)).sample


serve(measure)
