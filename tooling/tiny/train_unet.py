"""UNet2DConditionModel: predicts v of cached latents from cached text states, one caption in ten empty. Keeps a moving average.

python train_unet.py --minutes 45
"""

import argparse
import copy

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor

from clock import Clock
from data import CACHE, load
from draw import sheet
from sample import SCHEDULER, encode_text, sample, text_parts
from sheets import CHECK, to_pictures
from train_vae import to_tensor

BATCH, PICTURES, DECAY = 64, 48_000, 0.999
CONFIG = {
    "sample_size": 16,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (64, 96, 112),
    "layers_per_block": 1,
    "cross_attention_dim": 128,
    "attention_head_dim": 2,
    "norm_num_groups": 16,
}


def cache_latents(vae, pictures):
    if not (CACHE / "latents.pt").exists():
        parts = []
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for part in np.split(pictures[:PICTURES], PICTURES // 100):
                parts.append(vae.encode(to_tensor(part)).latent_dist.mean.half())
        torch.save(torch.cat(parts), CACHE / "latents.pt")
    return torch.load(CACHE / "latents.pt", weights_only=True)


def cache_states(captions):
    """States bfloat16 [different captions, 77, 128], and which of them each picture's three captions are."""
    places = {}
    which = torch.tensor([[places.setdefault(c, len(places)) for c in three] for three in captions[:PICTURES]])
    if not (CACHE / "states.pt").exists():
        parts, texts = text_parts(), list(places)
        states = torch.cat([encode_text(parts, texts[i : i + 200]).bfloat16() for i in range(0, len(texts), 200)])
        torch.save(states, CACHE / "states.pt")
    return torch.load(CACHE / "states.pt", weights_only=True), which


class Average(torch.nn.Module):
    """The exponential moving average of a model's weights."""

    def __init__(self, model):
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(False)

    @torch.no_grad()
    def update(self, model, step):
        share = 1 - min(DECAY, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), share)


def save(average, vae, step):
    average.model.save_pretrained(CACHE / "unet")
    latents = sample(average.model, encode_text(text_parts(), CHECK), steps=20, guidance=4.0, seed=1)
    sheet(to_pictures(vae, latents), 8, CACHE / f"sheet-{step:06d}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    pictures, _, _, captions = load("train")
    vae = AutoencoderKL.from_pretrained(CACHE / "vae")
    latents = cache_latents(vae, pictures)
    states, which = cache_states(captions)
    empty = encode_text(text_parts(), [""])[0].bfloat16()
    unet = UNet2DConditionModel(**CONFIG)
    unet.set_attn_processor(AttnProcessor())  # its backward pass in bfloat16 on a CPU takes a third of the fused one's time
    average = Average(unet)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    clock = Clock("unet", args.minutes, unet, optimizer, average)
    torch.manual_seed(clock.step)
    print(f"{sum(p.numel() for p in unet.parameters())} weights, {len(states)} captions", flush=True)
    losses, sheets = [], clock.done
    for step in clock.steps(peak=1.2e-3, warm=300):
        chosen = torch.randint(0, len(latents), (BATCH,))
        context = states[which[chosen, torch.multinomial(torch.tensor([0.38, 0.38, 0.24]), BATCH, True)]]
        context[torch.rand(BATCH) < 0.1] = empty
        clean = latents[chosen].float()
        noise, t = torch.randn_like(clean), torch.randint(0, 1000, (BATCH,))
        noisy, goal = SCHEDULER.add_noise(clean, noise, t), SCHEDULER.get_velocity(clean, noise, t)
        with torch.autocast("cpu", torch.bfloat16):
            found = unet(noisy, t, context.float()).sample
        loss = F.mse_loss(found.float(), goal)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        average.update(unet, step)
        losses.append(loss.item())
        if step % 100 == 0:
            clock.say(loss=float(np.mean(losses[-100:])))
        if clock.done - sheets > 300:
            save(average, vae, step)
            sheets = clock.done
    save(average, vae, clock.step)


if __name__ == "__main__":
    main()
