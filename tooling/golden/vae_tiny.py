"""What small AutoencoderTiny models decode and encode: python tooling/golden/vae_tiny.py test/golden/fixtures

The weights are a table's, which is made again in TypeScript (tooling/test-weights), so that only their shapes are kept. Tensors:
`KIND.latents`, `KIND.image` as pipelines decode it, `KIND.picture`, and `KIND.encoded` as pipelines scale it. Of what is decoded in tiles every so manyth
number is kept, `KIND.tiled.image` of `KIND.tiled.latents`. `KIND.tiled.encoded` is of waves that the test makes too.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file
from table import fill
from vae import STRIDE, scale_of

WIDTHS = {"encoder_block_out_channels": [8] * 4, "decoder_block_out_channels": [8] * 4}
KINDS = {
    "taesd": {**WIDTHS, "num_encoder_blocks": [1, 2, 2, 2], "num_decoder_blocks": [2, 2, 2, 1]},
    "taesd3": {**WIDTHS, "latent_channels": 16, "num_encoder_blocks": [1, 1, 1, 1], "num_decoder_blocks": [1, 1, 1, 1]},
    # As no published file has it.
    "scaled": {
        "latent_channels": 4,
        "encoder_block_out_channels": [8] * 3,
        "decoder_block_out_channels": [8] * 3,
        "num_encoder_blocks": [1, 0, 2],
        "num_decoder_blocks": [0, 2, 1],
        "act_fn": "silu",
        "scaling_factor": 0.5,
        "shift_factor": 0.1,
    },
}


def of_table(config):
    """An autoencoder of the table's weights, and their shapes."""
    vae = AutoencoderTiny(**config).eval()
    state = vae.state_dict()
    fill(state, scale_of)
    return vae, {name: list(value.shape) for name, value in sorted(state.items())}


def decode(vae, latents):
    """As the pipelines of SD, SDXL, SD 3 and FLUX have it."""
    return vae.decode(latents / vae.config.scaling_factor + vae.config.shift_factor).sample


@torch.no_grad()
def main(root: Path):
    generator = torch.Generator().manual_seed(21)
    tensors, models = {}, {}
    for kind, config in KINDS.items():
        vae, shapes = of_table(config)
        models[kind] = {"config": {"_class_name": "AutoencoderTiny", **config}, "shapes": shapes}
        channels = vae.config.latent_channels
        latents = torch.randn(2, channels, 3, 5, generator=generator) * 3
        picture = torch.rand(2, 3, 24, 40, generator=generator) * 2 - 1
        encoded = (vae.encode(picture).latents - vae.config.shift_factor) * vae.config.scaling_factor
        tensors |= {f"{kind}.latents": latents, f"{kind}.image": decode(vae, latents), f"{kind}.picture": picture, f"{kind}.encoded": encoded}
        if kind != "taesd":
            continue
        vae.enable_tiling()
        latents = torch.randn(1, channels, 60, 70, generator=generator)
        # `(7919 i mod 2003) / 1001.5 - 1`, of which there are too many to keep.
        waves = torch.arange(3 * 520 * 648) * 7919 % 2003 / 1001.5 - 1
        encoded = vae.encode(waves.reshape(1, 3, 520, 648)).latents
        tensors[f"{kind}.tiled.encoded"] = (encoded - vae.config.shift_factor) * vae.config.scaling_factor
        tensors |= {f"{kind}.tiled.latents": latents, f"{kind}.tiled.image": decode(vae, latents).flatten()[::STRIDE].clone()}
    # As madebyollin/taesd has it, for its names and shapes alone.
    shapes = {name: list(value.shape) for name, value in sorted(AutoencoderTiny().state_dict().items())}
    models["published"] = {"config": {"_class_name": "AutoencoderTiny"}, "shapes": shapes}
    save_file({name: value.contiguous() for name, value in tensors.items()}, root / "vae-tiny.safetensors")
    lines = (f"{json.dumps(kind)}: {json.dumps(model)}" for kind, model in models.items())
    (root / "vae-tiny.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
