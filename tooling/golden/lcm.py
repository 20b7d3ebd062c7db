"""A whole run of a latent consistency model, as SimianLuo/LCM_Dreamshaper_v7 is published: its own pipeline's class, a UNet that was distilled
with the guidance. Run after checkpoints.py: python tooling/golden/lcm.py test/golden/fixtures
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import LatentConsistencyModelPipeline, LCMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from runs import PROMPTS, write

WIDTH = 32
WEIGHT = "time_embedding.cond_proj.weight"
CASE = {"checkpoint": "lcm", "prompt": PROMPTS[:1], "seed": 9, "steps": 4, "guidance_scale": 8.5, "height": 64, "width": 64}


if __name__ == "__main__":
    root = Path(sys.argv[1])
    base = StableDiffusionPipeline.from_pretrained(root / "sd1")
    unet = UNet2DConditionModel.from_config({**base.unet.config, "time_cond_proj_dim": WIDTH}).eval()
    torch.manual_seed(4)
    weight = 0.2 * torch.randn(unet.time_embedding.cond_proj.weight.shape)
    unet.load_state_dict({**base.unet.state_dict(), WEIGHT: weight})
    scheduler = json.loads((root / "sd1/scheduler/scheduler_config.json").read_text()) | {"_class_name": "LCMScheduler"}
    parts = {"vae": base.vae, "text_encoder": base.text_encoder, "tokenizer": base.tokenizer, "safety_checker": None, "feature_extractor": None}
    pipe = LatentConsistencyModelPipeline(**parts, unet=unet, scheduler=LCMScheduler.from_config(scheduler), requires_safety_checker=False)
    with torch.no_grad():
        write(root, "lcm", {"lcm": pipe}, {}, {"lcm": {**CASE, "scheduler_config": scheduler}}, lambda *_: {}, tensors={WEIGHT: weight})
