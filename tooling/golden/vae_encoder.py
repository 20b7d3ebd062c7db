"""What tiny VAEs encode, block by block. Run after checkpoints.py: python tooling/golden/vae_encoder.py test/golden/fixtures

The kinds are those of vae.py, with encoders of the table's weights; `wide` has the published encoders' last widths, 256 and 512, of
which every so manyth number is kept. Tensors: `KIND.image`, `KIND.noise`, after each block `KIND.BLOCK`, `KIND.mean`, `KIND.logvar`, and as
pipelines scale them `KIND.mode` and `KIND.sample`. `tiled` is a whole VAE, encoding in tiles.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from table import fill
from vae import KINDS, STRIDE, WIDE, scale_of


def blocks(vae):
    """Modules whose outputs are kept, in the order in which they run."""
    yield "conv_in", vae.encoder.conv_in
    yield from ((f"down_blocks.{i}", block) for i, block in enumerate(vae.encoder.down_blocks))
    yield "mid_block", vae.encoder.mid_block
    if vae.quant_conv is not None:
        yield "quant_conv", vae.quant_conv


def scaled(vae, latents):
    """As the pipelines of SD, SDXL, SD 3 and FLUX have it."""
    config = vae.config
    if config.latents_mean is None:
        return (latents - (config.shift_factor or 0)) * config.scaling_factor
    mean, deviation = (torch.tensor(values).view(1, -1, 1, 1) for values in (config.latents_mean, config.latents_std))
    return (latents - mean) * config.scaling_factor / deviation


def parts(vae, image, generator):
    """What each block gives, and what becomes of it."""
    found, hooks = {}, []
    for name, module in blocks(vae):

        def keep(_, __, output, name=name):
            found[name] = output.clone()

        hooks.append(module.register_forward_hook(keep))
    posterior = vae.encode(image).latent_dist
    for hook in hooks:
        hook.remove()
    found |= {"image": image, "mean": posterior.mean, "logvar": posterior.logvar, "mode": scaled(vae, posterior.mode())}
    state = generator.get_state()
    found["sample"] = scaled(vae, posterior.sample(generator))
    generator.set_state(state)
    found["noise"] = torch.randn(posterior.mean.shape, generator=generator)
    return found


def of_table(config):
    """A VAE whose encoder has the table's weights, and the encoder's shapes."""
    vae = AutoencoderKL(**config).eval()
    state = {name: value for name, value in vae.state_dict().items() if name.startswith(("encoder.", "quant_conv."))}
    fill(state, scale_of)
    return vae, {name: list(value.shape) for name, value in sorted(state.items())}


@torch.no_grad()
def main(root: Path):
    generator = torch.Generator().manual_seed(15)
    tensors, models = {}, {}
    for kind, config in KINDS.items():
        vae, shapes = of_table(config)
        models[kind] = {"config": config, "shapes": shapes}
        image = torch.rand(2, 3, 6, 10, generator=generator) * 2 - 1
        tensors |= {f"{kind}.{name}": value for name, value in parts(vae, image, generator).items()}
    vae, shapes = of_table(WIDE)
    models["wide"] = {"config": WIDE, "shapes": shapes}
    image = torch.rand(1, 3, 16, 24, generator=generator) * 2 - 1
    found = parts(vae, image, generator)
    whole = ("image", "mean", "logvar")
    tensors |= {f"wide.{name}": value if name in whole else value.flatten()[::STRIDE].clone() for name, value in found.items()}
    vae = AutoencoderKL.from_pretrained(root / "sd1/vae").eval()
    image = torch.rand(2, 3, 24, 40, generator=generator) * 2 - 1
    tensors |= {f"sd1.{name}": value for name, value in parts(vae, image, generator).items()}
    # A whole VAE, whose tiles are as large as sample_size.
    vae = AutoencoderKL(**KINDS["sdxl"]).eval()
    fill(vae.state_dict(), scale_of)
    vae.enable_tiling()
    models["tiled"] = {"config": KINDS["sdxl"], "shapes": {name: list(value.shape) for name, value in sorted(vae.state_dict().items())}}
    image = torch.rand(2, 3, 26, 42, generator=generator) * 2 - 1
    posterior = vae.encode(image).latent_dist
    tensors |= {"tiled.image": image, "tiled.mean": posterior.mean, "tiled.logvar": posterior.logvar}
    save_file({name: value.contiguous() for name, value in tensors.items()}, root / "vae-encoder.safetensors")
    lines = (f"{json.dumps(kind)}: {json.dumps(model)}" for kind, model in models.items())
    (root / "vae-encoder.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
