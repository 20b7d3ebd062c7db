"""UNet2DConditionModel: predicts v of cached latents from captions, one in ten empty. Keeps a moving average.

python train_unet.py --minutes 360
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
from device import DEVICE, arguments, autocast, begin, to_tensor
from draw import sheet
from muon import Both
from sample import SCHEDULER, encode_text, sample, text_parts
from sheets import CHECK, to_pictures
from train_clip import ids_of

# How often the three captions of a picture are read, and no words at all.
SHARES, EMPTY, DECAY = (0.34, 0.34, 0.22), 0.1, 0.9995
CONFIG = {
    "sample_size": 16,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (64, 96, 144),
    "layers_per_block": 1,
    "cross_attention_dim": 128,
    "attention_head_dim": 2,
    "norm_num_groups": 16,
}


def cache_latents(vae, pictures):
    """Half precision [n, 4, 16, 16]. Of a newer autoencoder they are others, and the denoiser begins anew."""
    path, weights = CACHE / "latents.pt", CACHE / "vae/diffusion_pytorch_model.safetensors"
    if not path.exists() or path.stat().st_mtime < weights.stat().st_mtime:
        (CACHE / "unet.pt").unlink(missing_ok=True)
        parts = []
        with torch.no_grad(), autocast():
            for rows in np.array_split(np.arange(len(pictures)), len(pictures) // 100):
                parts.append(vae.encode(to_tensor(pictures[rows])).latent_dist.mean.half().cpu())
        torch.save(torch.cat(parts), path)
    return torch.load(path, weights_only=True)


class Average(torch.nn.Module):
    """The exponential moving average of a model's weights."""

    def __init__(self, model):
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(False)

    @torch.no_grad()
    def update(self, model, step):
        share = 1 - min(DECAY, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), share)


def save(average, vae, parts, step):
    average.model.save_pretrained(CACHE / "unet")
    with autocast():
        latents = sample(average.model, encode_text(parts, CHECK), encode_text(parts, [""]), steps=20, guidance=4.0, seed=1)
    sheet(to_pictures(vae, latents.float()), 8, CACHE / f"sheet-{step:06d}.png")


def main():
    args = arguments(argparse.ArgumentParser(description=__doc__), minutes=360, batch=64)
    begin(args)
    pictures, _, _, captions = load("train")
    vae = AutoencoderKL.from_pretrained(CACHE / "vae").to(DEVICE)
    latents, parts = cache_latents(vae, pictures), text_parts()
    tokenizer, encoder = parts
    ids = ids_of(tokenizer, [[*three, ""] for three in captions])
    unet = UNet2DConditionModel(**CONFIG).to(DEVICE)
    unet.set_attn_processor(AttnProcessor())  # its backward pass in bfloat16 on a CPU takes a third of the fused one's time
    average = Average(unet)
    optimizer = Both(unet, outer=("conv_in", "conv_out", "time_embedding", "time_emb_proj"), betas=(0.9, 0.99))
    clock = Clock("unet", args.minutes, unet, optimizer, average)
    if clock.over("unet"):
        return
    torch.manual_seed(clock.step)
    print(f"{sum(p.numel() for p in unet.parameters())} weights", flush=True)
    losses, sheets, chances = [], clock.done, torch.tensor([*SHARES, EMPTY])
    for step in clock.steps(peak=3e-3, warm=300):
        chosen = torch.randint(0, len(latents), (args.batch,))
        batch = ids[chosen, torch.multinomial(chances, args.batch, True)].long().to(DEVICE)
        clean = latents[chosen].float().to(DEVICE)
        noise, t = torch.randn_like(clean), torch.randint(0, 1000, (args.batch,), device=DEVICE)
        noisy, goal = SCHEDULER.add_noise(clean, noise, t), SCHEDULER.get_velocity(clean, noise, t)
        with autocast():
            found = unet(noisy, t, encoder(batch).last_hidden_state.float()).sample
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
            save(average, vae, parts, step)
            sheets = clock.done
    save(average, vae, parts, clock.step)


if __name__ == "__main__":
    main()
