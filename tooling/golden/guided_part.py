"""Runs that are guided in a part of their steps, as diffusers' guiders have it. Run after the checkpoints: python tooling/golden/guided_part.py test/golden/fixtures

Which steps are guided says ClassifierFreeGuidance; the rest is StableDiffusionPipeline's loop. Tensors: `START-STOP.latents` after the last of 5 steps.
"""

import sys
from pathlib import Path

import torch
from diffusers import ClassifierFreeGuidance, StableDiffusionPipeline
from safetensors.torch import save_file

PARTS = [(0.0, 0.5), (0.25, 1.0), (0.3, 0.7), (0.0, 0.0), (0.0, 1.0)]
STEPS, SCALE = 5, 7.5


@torch.no_grad()
def main(root: Path):
    pipe = StableDiffusionPipeline.from_pretrained(root / "sd1", dtype=torch.float32)
    positive, negative = pipe.encode_prompt("a lighthouse", "cpu", 1, True, negative_prompt="blurry")
    tensors = {}
    for start, stop in PARTS:
        pipe.scheduler.set_timesteps(STEPS)
        latents = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(7)) * pipe.scheduler.init_noise_sigma
        guider = ClassifierFreeGuidance(guidance_scale=SCALE, start=start, stop=stop)
        for i, timestep in enumerate(pipe.scheduler.timesteps):
            # Of all calls: PNDM has one more than steps, which would never be guided else.
            guider.set_state(step=i, num_inference_steps=len(pipe.scheduler.timesteps), timestep=timestep)
            scaled = pipe.scheduler.scale_model_input(latents, timestep)
            predicted = pipe.unet(scaled, timestep, positive).sample
            if guider.num_conditions == 2:
                without = pipe.unet(scaled, timestep, negative).sample
                predicted = without + SCALE * (predicted - without)
            latents = pipe.scheduler.step(predicted, timestep, latents).prev_sample
        tensors[f"{start:g}-{stop:g}.latents"] = latents.contiguous()
    save_file(tensors, root / "guided-part.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
