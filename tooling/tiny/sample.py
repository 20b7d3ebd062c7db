"""Text states, and latents drawn from them with DDIM and guidance, as diffusers' pipeline does."""

import torch
from diffusers import DDIMScheduler
from transformers import CLIPTextModel, CLIPTokenizer

from data import CACHE
from device import DEVICE

SCHEDULER = DDIMScheduler(
    beta_start=0.00085,
    beta_end=0.012,
    beta_schedule="scaled_linear",
    prediction_type="v_prediction",
    rescale_betas_zero_snr=True,
    timestep_spacing="trailing",
    clip_sample=False,
    set_alpha_to_one=True,
)


def text_parts():
    """The tokenizer and the encoder, whose weights are rounded to float16, as they are shipped."""
    model = CLIPTextModel.from_pretrained(CACHE / "text_encoder", dtype=torch.float16).float().eval()
    return CLIPTokenizer.from_pretrained(CACHE / "tokenizer"), model.requires_grad_(False).to(DEVICE)


@torch.no_grad()
def encode_text(parts, captions):
    """[n, 77, 128]"""
    tokenizer, model = parts
    ids = tokenizer(captions, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    return model(ids.to(DEVICE)).last_hidden_state


@torch.no_grad()
def sample(unet, states, empty, steps=25, guidance=4.0, seed=0):
    """Latents [n, 4, 16, 16]. `empty` are the states of no words, [1, 77, 128]."""
    scheduler = DDIMScheduler.from_config(SCHEDULER.config)
    scheduler.set_timesteps(steps)
    z = torch.randn((len(states), 4, 16, 16), generator=torch.Generator().manual_seed(seed)).to(DEVICE)
    both = torch.cat([empty.expand_as(states), states])
    for t in scheduler.timesteps:
        open_, said = unet(torch.cat([z, z]), t, both).sample.chunk(2)
        z = scheduler.step(open_ + guidance * (said - open_), t, z).prev_sample
    return z
