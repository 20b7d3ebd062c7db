"""What the tiny VAE decodes and encodes. Run after checkpoints.py: python tooling/golden/vae.py test/golden/fixtures

sd1's file names the attention as published checkpoints do (query, key, value, proj_attn), sd2's as diffusers does now
(to_q, to_k, to_v, to_out.0); the weights are the same, so these numbers hold for both.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from safetensors.torch import save_file


def blocks(vae):
    """Modules whose outputs are kept, in the order in which they run."""
    yield "post_quant_conv", vae.post_quant_conv
    yield "conv_in", vae.decoder.conv_in
    yield "mid_block", vae.decoder.mid_block
    yield from ((f"up_blocks.{i}", block) for i, block in enumerate(vae.decoder.up_blocks))


def pixels(image):
    return torch.from_numpy(np.stack([np.asarray(one) for one in VaeImageProcessor().postprocess(image)]))


@torch.no_grad()
def main(root: Path):
    vae = AutoencoderKL.from_pretrained(root / "sd1/vae").eval()
    renamed = AutoencoderKL.from_pretrained(root / "sd2/vae").eval()
    generator = torch.Generator().manual_seed(9)
    tensors = {}
    for label, (batch, height, width) in {"square": (2, 8, 8), "wide": (1, 3, 5)}.items():
        latents = torch.randn(batch, 4, height, width, generator=generator)
        tensors[f"{label}.latents"] = latents
        hooks = []
        if label == "wide":
            for name, module in blocks(vae):

                def keep(_, __, output, name=name):
                    tensors[f"{label}.{name}"] = output.contiguous().clone()

                hooks.append(module.register_forward_hook(keep))
        tensors[f"{label}.image"] = vae.decode(latents).sample.contiguous()
        assert torch.equal(renamed.decode(latents).sample, tensors[f"{label}.image"])
        tensors[f"{label}.pixels"] = pixels(tensors[f"{label}.image"])
        for hook in hooks:
            hook.remove()
    # The middles between neighbouring byte values, and what lies beyond the range.
    ties = torch.cat([(torch.arange(255) + 0.5) / 255 * 2 - 1, torch.tensor([-1.5, -1.0, 0.0, 1.0, 1.5])])
    tensors["ties.image"] = ties.expand(1, 3, 1, -1).contiguous()
    tensors["ties.pixels"] = pixels(tensors["ties.image"])
    image = torch.rand(1, 3, 24, 40, generator=generator) * 2 - 1
    posterior = vae.encode(image).latent_dist
    tensors |= {"encode.image": image, "encode.mean": posterior.mean.contiguous(), "encode.logvar": posterior.logvar.contiguous()}
    save_file(tensors, root / "vae.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
