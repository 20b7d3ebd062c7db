"""PyTorch's side of run.ts: one measurement in a process of its own, printed as one JSON line.

python tooling/bench/theirs.py load|memory|unet|vae|condition FOLDER THREADS REPEATS
"""

import json
import os
import time

started = time.time()

from measuring import folder, inputs, keep, status, task, timed, times, torch  # noqa: E402
import peca  # noqa: E402
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel  # noqa: E402
from transformers import CLIPTextModel, CLIPTokenizer  # noqa: E402

imported = time.time()


def pipeline():
    return StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)


def step(unet):
    return unet(inputs("sample", 2, 4, 64, 64), 501, inputs("condition", 2, 77, 768)).sample


def decode(vae):
    return vae.decode(inputs("latents", 1, 4, 64, 64) / vae.config.scaling_factor).sample


def load():
    seconds, _ = timed(pipeline)
    return {"load": seconds, "start": time.time() - started}


def first():
    """From nothing to the first step's result: what is loaded lazily is loaded by then."""
    seconds, _ = timed(lambda: step(pipeline().unet))
    return {"first": seconds}


def memory():
    pipe = pipeline()
    pipe.encode_prompt(["a lighthouse"], "cpu", 1, False)
    for _ in range(2):
        step(pipe.unet)
    decode(pipe.vae)
    return {"peak": status("VmHWM")}


def unet():
    model = UNet2DConditionModel.from_pretrained(f"{folder}/unet").eval()
    keep("unet", step(model))
    return {"unet": times(lambda: step(model))}


def vae():
    model = AutoencoderKL.from_pretrained(f"{folder}/vae").eval()
    keep("vae", decode(model))
    return {"vae": times(lambda: decode(model))}


def condition():
    encoder = CLIPTextModel.from_pretrained(f"{folder}/text_encoder").eval()
    tokenizer = CLIPTokenizer.from_pretrained(f"{folder}/tokenizer")
    adapter = peca.PersonalizedAdapter.load(f"{folder}/adapters/weight/L.safetensors", 12)
    query = peca.base_query(encoder, tokenizer)
    prompts = json.loads(os.environ["BENCH_PROMPTS"])
    result = {}
    for count in json.loads(os.environ["BENCH_COUNTS"]):

        def run():
            return peca.condition(encoder, tokenizer, adapter, query, prompts["target"], prompts["history"][:count])

        keep(f"condition{count}", run())
        result[f"condition{count}"] = times(run)
    return result


tasks = {"load": load, "first": first, "memory": memory, "unet": unet, "vae": vae, "condition": condition}
print(json.dumps({**tasks[task](), "imports": imported - started}))
