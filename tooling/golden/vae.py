"""What tiny VAEs decode and encode, and a part of a decoder of the published width. Run after checkpoints.py: python tooling/golden/vae.py test/golden/fixtures

sd1's file names the attention as published checkpoints do (query, key, value, proj_attn), sd2's as diffusers does now
(to_q, to_k, to_v, to_out.0); the weights are the same, so these numbers hold for both. The others' weights are a table's,
which is made again in TypeScript (tooling/test-weights), so that only their shapes are kept.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from diffusers.image_processor import VaeImageProcessor
from safetensors.torch import save_file
from table import fill

# Two blocks: pictures are twice as large as latents, and tiles are 8 latents wide.
TINY = {
    "block_out_channels": [8, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "layers_per_block": 2,
    "norm_num_groups": 4,
    "sample_size": 16,
}
WITHOUT_CONVOLUTIONS = {"use_quant_conv": False, "use_post_quant_conv": False}
STATISTICS = {"latents_mean": [-1.6574, 1.886, -1.383, 2.5155], "latents_std": [8.4927, 5.9022, 6.5498, 5.2299]}
KINDS = {
    "sdxl": {**TINY, "latent_channels": 4, "scaling_factor": 0.13025, "force_upcast": True},
    "sd3": {**TINY, **WITHOUT_CONVOLUTIONS, "latent_channels": 16, "scaling_factor": 1.5305, "shift_factor": 0.0609, "force_upcast": True},
    "flux": {**TINY, **WITHOUT_CONVOLUTIONS, "latent_channels": 16, "scaling_factor": 0.3611, "shift_factor": 0.1159, "force_upcast": True},
    "statistics": {**TINY, **STATISTICS, "latent_channels": 4, "scaling_factor": 0.5, "force_upcast": False},
    "attention": {
        **TINY,
        "down_block_types": ["AttnDownEncoderBlock2D", "DownEncoderBlock2D"],
        "up_block_types": ["UpDecoderBlock2D", "AttnUpDecoderBlock2D"],
        "latent_channels": 4,
        "act_fn": "mish",
        "force_upcast": False,
    },
    "no-attention": {**TINY, "latent_channels": 4, "mid_block_add_attention": False, "force_upcast": False},
}
# The published decoders' first two widths, 512 and 256, which they have after three blocks.
WIDE = {
    **WITHOUT_CONVOLUTIONS,
    "block_out_channels": [32, 256, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "layers_per_block": 1,
    "latent_channels": 16,
}
# Every so manyth number of a wide part is kept.
STRIDE = 499


def blocks(vae):
    """Modules whose outputs are kept, in the order in which they run."""
    if vae.post_quant_conv is not None:
        yield "post_quant_conv", vae.post_quant_conv
    yield "conv_in", vae.decoder.conv_in
    yield "mid_block", vae.decoder.mid_block
    yield from ((f"up_blocks.{i}", block) for i, block in enumerate(vae.decoder.up_blocks))


def parts(vae, latents):
    """What each block gives, and the picture."""
    found, hooks = {}, []
    for name, module in blocks(vae):

        def keep(_, __, output, name=name):
            found[name] = output.contiguous().clone()

        hooks.append(module.register_forward_hook(keep))
    found["image"] = vae.decode(latents).sample.contiguous()
    for hook in hooks:
        hook.remove()
    return found


def unscaled(vae, latents):
    """As the pipelines of SDXL, SD 3 and FLUX have it."""
    config = vae.config
    if config.latents_mean is None:
        return latents / config.scaling_factor + (config.shift_factor or 0)
    mean, deviation = (torch.tensor(values).view(1, -1, 1, 1) for values in (config.latents_mean, config.latents_std))
    return latents * deviation / config.scaling_factor + mean


def scale_of(name, shape):
    """A power of two near twice the deviation that keeps a convolution's input's scale; 0 for a norm's weights, which are around 1."""
    if len(shape) == 1:
        return 0 if name.endswith("weight") else 0.125
    return 2.0 ** (1 - math.floor(math.log2(math.prod(shape[1:])) / 2 + 0.5))


def of_table(config):
    """A VAE whose decoder has the table's weights, and the decoder's shapes."""
    vae = AutoencoderKL(**config).eval()
    state = {name: value for name, value in vae.state_dict().items() if name.startswith(("decoder.", "post_quant_conv."))}
    fill(state, scale_of)
    return vae, {name: list(value.shape) for name, value in sorted(state.items())}


def kinds(root: Path):
    generator = torch.Generator().manual_seed(11)
    tensors, models = {}, {}
    for kind, config in KINDS.items():
        vae, shapes = of_table(config)
        models[kind] = {"config": config, "shapes": shapes}
        latents = torch.randn(1, config["latent_channels"], 3, 5, generator=generator)
        tensors[f"{kind}.latents"] = latents
        tensors |= {f"{kind}.{name}": value for name, value in parts(vae, unscaled(vae, latents)).items()}
        if kind in ("sdxl", "flux"):
            vae.enable_tiling()
            for size, (batch, height, width) in {"tiled": (2, 13, 21), "column": (1, 9, 4)}.items():
                latents = torch.randn(batch, config["latent_channels"], height, width, generator=generator)
                tensors[f"{kind}.{size}.latents"] = latents
                tensors[f"{kind}.{size}.image"] = vae.decode(unscaled(vae, latents)).sample.contiguous()
    vae, shapes = of_table(WIDE)
    models["wide"] = {"config": WIDE, "shapes": shapes}
    latents = torch.randn(1, 16, 4, 6, generator=generator)
    tensors["wide.latents"] = latents
    tensors |= {f"wide.{name}": value.flatten()[::STRIDE].clone() for name, value in parts(vae, latents).items()}
    save_file(tensors, root / "vae-kinds.safetensors")
    lines = (f"{json.dumps(kind)}: {json.dumps(model)}" for kind, model in models.items())
    (root / "vae-kinds.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


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
        found = parts(vae, latents)
        tensors |= {f"{label}.{name}": value for name, value in found.items() if label == "wide" or name == "image"}
        assert torch.equal(renamed.decode(latents).sample, found["image"])
        tensors[f"{label}.pixels"] = pixels(found["image"])
    # The middles between neighbouring byte values, and what lies beyond the range.
    ties = torch.cat([(torch.arange(255) + 0.5) / 255 * 2 - 1, torch.tensor([-1.5, -1.0, 0.0, 1.0, 1.5])])
    tensors["ties.image"] = ties.expand(1, 3, 1, -1).contiguous()
    tensors["ties.pixels"] = pixels(tensors["ties.image"])
    image = torch.rand(1, 3, 24, 40, generator=generator) * 2 - 1
    posterior = vae.encode(image).latent_dist
    tensors |= {"encode.image": image, "encode.mean": posterior.mean.contiguous(), "encode.logvar": posterior.logvar.contiguous()}
    save_file(tensors, root / "vae.safetensors")
    kinds(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
