"""Whole runs as models distilled to few steps are published to be used, on the tiny checkpoints. Run after checkpoints.py, checkpoints_sdxl.py and
lora.py: python tooling/golden/few_steps.py test/golden/fixtures
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from runs import PROMPTS, write

DEFAULTS = {"prompt": PROMPTS[:1], "negative_prompt": None, "seed": 9, "guidance_scale": 0.0, "height": 64, "width": 64}
# As stabilityai/sd-turbo's and sdxl-turbo's scheduler_config.json differ from their bases'.
TURBO = {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing", "prediction_type": "epsilon"}


def cases(root):
    def scheduler(kind, **changes):
        return {**json.loads((root / kind / "scheduler" / "scheduler_config.json").read_text()), **changes}

    trailing = {"timestep_spacing": "trailing"}
    return {
        "lcm-lora": {"checkpoint": "lora", "scheduler_config": scheduler("sd1", _class_name="LCMScheduler"), "steps": 4, "guidance_scale": 1.5},
        "hyper-sd": {"checkpoint": "lora", "scheduler_config": scheduler("sd1", _class_name="DDIMScheduler", **trailing), "steps": 8},
        "hyper-sd-tcd": {"checkpoint": "lora", "scheduler_config": scheduler("sd1", _class_name="TCDScheduler"), "steps": 2, "eta": 1.0},
        "lightning": {"checkpoint": "sdxl", "scheduler_config": scheduler("sdxl", _class_name="EulerDiscreteScheduler", **trailing), "steps": 4},
        "sd-turbo": {"checkpoint": "sd2", "scheduler_config": scheduler("sd2", **TURBO), "steps": 1},
        "sdxl-turbo": {"checkpoint": "sdxl", "scheduler_config": scheduler("sdxl", **TURBO), "steps": 1},
    }


if __name__ == "__main__":
    root = Path(sys.argv[1])
    lora = StableDiffusionPipeline.from_pretrained(root / "sd1")
    lora.load_lora_weights(root / "loras", weight_name="sd1-style.safetensors")
    pipes = {"lora": lora, "sd2": StableDiffusionPipeline.from_pretrained(root / "sd2")}
    pipes["sdxl"] = StableDiffusionXLPipeline.from_pretrained(root / "sdxl", add_watermarker=False)
    with torch.no_grad():
        write(root, "few-steps", pipes, DEFAULTS, cases(root), lambda *_: {})
