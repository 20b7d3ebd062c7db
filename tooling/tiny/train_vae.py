"""AutoencoderKL: 128 x 128 x 3 to 16 x 16 x 4. L1 and squares of pixels, L1 of edges, a small KL term.
Small batches: here steps count for more than pictures. For the same reason most of the time goes to crops, of a quarter of a picture
each; the rest goes to whole pictures, whose group norms and attention see all that a decoder sees.

    python train_vae.py --minutes 240
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.attention_processor import AttnProcessor

from clock import Clock
from data import CACHE, load
from device import DEVICE, Pictures, arguments, autocast, begin
from muon import Both

CONFIG = {
    "block_out_channels": (16, 32, 64, 96),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 8,
    "sample_size": 128,
}
# The share of the time for crops.
CROPPED = 0.7


def differences(x):
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def loss_of(vae, x):
    """What is minimised, and its mean difference of pixels."""
    with autocast():
        posterior = vae.encode(x).latent_dist
        drawn = vae.decode(posterior.mean + posterior.std * torch.randn_like(posterior.mean)).sample
    drawn = drawn.float()
    plain = (drawn - x).abs().mean()
    edges = sum((a - b).abs().mean() for a, b in zip(differences(drawn), differences(x)))
    spread = posterior.kl().mean() / posterior.mean[0].numel()
    return plain + 2 * F.mse_loss(drawn, x) + 0.25 * edges + 3e-5 * spread, plain


@torch.no_grad()
def whiten(vae, pictures):
    """Folds an affine map into the two 1 x 1 convolutions around the latents, so that these are uncorrelated, of mean 0 and variance 1."""
    means = torch.cat([vae.encode(pictures[rows]).latent_dist.mean for rows in np.split(np.arange(1024), 32)])
    z = means.permute(1, 0, 2, 3).flatten(1)
    centre, (spread, turn) = z.mean(1), torch.linalg.eigh(torch.cov(z))
    forth, back = (turn / spread.sqrt()).T, turn * spread.sqrt()
    quant, post = vae.quant_conv, vae.post_quant_conv
    quant.weight[:4] = (forth @ quant.weight[:4, :, 0, 0])[..., None, None]
    quant.bias[:4] = forth @ (quant.bias[:4] - centre)
    quant.bias[4:] -= spread.log()
    post.bias += post.weight[:, :, 0, 0] @ centre
    post.weight[:] = (post.weight[:, :, 0, 0] @ back)[..., None, None]
    vae.register_to_config(scaling_factor=1.0)


def cropped(x, random):
    """A quarter of each picture, from anywhere in it."""
    side = x.shape[-1] // 2
    corners = random.randint(0, side + 1, (len(x), 2))
    return torch.stack([picture[:, top : top + side, left : left + side] for picture, (top, left) in zip(x, corners)])


def main():
    args = arguments(argparse.ArgumentParser(description=__doc__), minutes=240, batch=8)
    begin(args)
    random = np.random.RandomState()
    pictures = Pictures(load("train")[0])
    vae = AutoencoderKL(**CONFIG).to(DEVICE)
    vae.set_attn_processor(AttnProcessor())  # as in train_unet.py: the whole step is a tenth faster on a CPU
    optimizer = Both(vae, outer=("conv_in", "conv_out", "quant_conv", "post_quant_conv"))
    clock = Clock("vae", args.minutes, vae, optimizer)
    if clock.over("vae"):
        return
    for step in clock.steps(peak=3e-3):
        x = pictures[random.randint(0, len(pictures), args.batch)]
        loss, plain = loss_of(vae, cropped(x, random) if clock.done < CROPPED * clock.seconds else x)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            clock.say(l1=plain.item())
    whiten(vae, pictures)
    vae.save_pretrained(CACHE / "vae")


if __name__ == "__main__":
    main()
