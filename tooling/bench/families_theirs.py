"""PyTorch's side of families.ts: python tooling/bench/families_theirs.py TASK FOLDER THREADS REPEATS ROWS SIZE"""

import json
import sys

from measuring import folder, inputs, keep, status, task, times, torch
from diffusers import FluxPipeline, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel

rows, size = int(sys.argv[5]), int(sys.argv[6])


def sdxl():
    model = UNet2DConditionModel.from_pretrained(f"{folder}/sdxl").eval()
    sample = inputs("sample", 1, 4, size, size).repeat(2, 1, 1, 1)
    condition = inputs("condition", 2, rows, 2048)
    added = {"text_embeds": inputs("pooled", 2, 1280), "time_ids": torch.tensor([[1024.0, 1024, 0, 0, 1024, 1024]] * 2)}
    return lambda: model(sample, 501, condition, added_cond_kwargs=added).sample


def flux():
    model = FluxTransformer2DModel.from_pretrained(f"{folder}/{task}").eval()
    feeds = {
        "hidden_states": FluxPipeline._pack_latents(inputs("sample", 1, 16, size, size), 1, 16, size, size),
        "encoder_hidden_states": inputs("condition", 1, rows, 4096),
        "pooled_projections": inputs("pooled", 1, 768),
        "timestep": torch.tensor([0.501]),
        "guidance": torch.tensor([3.5]),
        "img_ids": FluxPipeline._prepare_latent_image_ids(1, size // 2, size // 2, "cpu", torch.float32),
        "txt_ids": torch.zeros(rows, 3),
    }
    return lambda: FluxPipeline._unpack_latents(model(**feeds).sample, size * 8, size * 8, 8)


def sd35():
    model = SD3Transformer2DModel.from_pretrained(f"{folder}/{task}").eval()
    feeds = {
        "hidden_states": inputs("sample", 1, 16, size, size),
        "encoder_hidden_states": inputs("condition", 1, rows, 4096),
        "pooled_projections": inputs("pooled", 1, 2048),
        "timestep": torch.tensor([501.0]),
    }
    return lambda: model(**feeds).sample


step = {"sdxl": sdxl, "flux": flux, "sd35": sd35}[task.split("-")[0]]()
keep(task, step())
print(json.dumps({"step": times(step), "peak": status("VmHWM")}))
