"""FLUX's transformer: tiny ones block by block, and a block of each kind at the real width.

python tooling/golden/flux.py packages/pipelines-flux/src/fixtures
"""

import json
import math
import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, FluxTransformer2DModel
from diffusers.models.transformers.transformer_flux import FluxPosEmbed, FluxSingleTransformerBlock, FluxTransformerBlock
from safetensors.torch import save_file
from table import fill, table, tensor

BITS = 8
# With guidance and without, as FLUX.1 [dev] and [schnell].
MODELS = {
    "dev": {
        "in_channels": 16,
        "num_layers": 2,
        "num_single_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 24,
        "pooled_projection_dim": 20,
        "guidance_embeds": True,
        "axes_dims_rope": (4, 6, 6),
    },
    "schnell": {
        "in_channels": 8,
        "num_layers": 1,
        "num_single_layers": 3,
        "attention_head_dim": 8,
        "num_attention_heads": 3,
        "joint_attention_dim": 12,
        "pooled_projection_dim": 8,
        "axes_dims_rope": (2, 2, 4),
    },
}
# Pictures, extents of the latents, tokens of the condition, timestep.
CASES = {"wide": (2, 6, 10, 5, 1000.0), "tall": (1, 14, 2, 9, 987.6543), "square": (1, 4, 4, 1, 1.7)}
GUIDANCE = 3.7
BLOCKS = {"double": FluxTransformerBlock, "single": FluxSingleTransformerBlock}


def scale_of(name, shape):
    """A power of two near twice an initialisation's deviation; 0 for norms' weights."""
    if len(shape) == 2:
        return 2.0 ** -math.floor(math.log2(shape[1]) / 2)
    return 0.125 if name.endswith("bias") else 0


def places(tokens, height, width):
    return torch.zeros(tokens, 3), FluxPipeline._prepare_latent_image_ids(1, height // 2, width // 2, "cpu", torch.float32)


def keep(tensors, label, model):
    """Hooks that keep what each part gives, text and image apart in the double blocks and joined in the single ones."""

    def add(name, split):
        def hook(_, __, output):
            if not isinstance(output, tuple):
                tensors[f"{label}.{name}"] = output.clone()
            elif split:
                tensors[f"{label}.{name}.text"], tensors[f"{label}.{name}.image"] = (part.clone() for part in output)
            else:
                tensors[f"{label}.{name}"] = torch.cat(output, 1)

        return hook

    for name in ("time_text_embed", "x_embedder", "context_embedder", "norm_out"):
        yield getattr(model, name).register_forward_hook(add(name, False))
    for name in ("transformer_blocks", "single_transformer_blocks"):
        for i, block in enumerate(getattr(model, name)):
            yield block.register_forward_hook(add(f"{name}.{i}", name == "transformer_blocks"))


def record(tensors, kind, model):
    generator = torch.Generator().manual_seed(3)
    channels = model.config.in_channels // 4
    for case, (pictures, height, width, tokens, timestep) in CASES.items():
        label = f"{kind}.{case}"
        sample = torch.randn(pictures, channels, height, width, generator=generator)
        condition = torch.randn(pictures, tokens, model.config.joint_attention_dim, generator=generator)
        pooled = torch.randn(pictures, model.config.pooled_projection_dim, generator=generator)
        hooks = list(keep(tensors, label, model)) if case == "tall" else []
        text_ids, image_ids = places(tokens, height, width)
        # As FluxPipeline calls it.
        velocity = model(
            hidden_states=FluxPipeline._pack_latents(sample, pictures, channels, height, width),
            encoder_hidden_states=condition,
            pooled_projections=pooled,
            timestep=torch.full((pictures,), timestep) / 1000,
            guidance=torch.full((pictures,), GUIDANCE) if model.config.guidance_embeds else None,
            txt_ids=text_ids,
            img_ids=image_ids,
        ).sample
        for hook in hooks:
            hook.remove()
        output = FluxPipeline._unpack_latents(velocity, height * 8, width * 8, 8)
        tensors |= {f"{label}.sample": sample, f"{label}.condition": condition, f"{label}.pooled": pooled, f"{label}.output": output}
    return tensors


def real_block(kind):
    """A block of FLUX.1's width on 24 tokens and 6 by 8 patches; few of its numbers."""
    block = BLOCKS[kind](dim=3072, num_attention_heads=24, attention_head_dim=128).eval()
    fill(block.state_dict(), scale_of, BITS)
    values = table(BITS)
    text, image, embedding = (tensor(values, 100 + i, shape, 2) for i, shape in enumerate(((1, 24, 3072), (1, 48, 3072), (1, 3072))))
    rotary = FluxPosEmbed(10000, (16, 56, 56))(torch.cat(places(24, 12, 16)))
    output = block(hidden_states=image, encoder_hidden_states=text, temb=embedding, image_rotary_emb=rotary)
    return torch.cat(output, 1)[:, ::7, ::48].contiguous(), shapes(block)


def shapes(module):
    return {name: list(parameter.shape) for name, parameter in module.state_dict().items()}


@torch.no_grad()
def main(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    tensors, models, blocks = {}, {}, {}
    for kind, settings in MODELS.items():
        model = FluxTransformer2DModel(**settings).eval()
        fill(model.state_dict(), scale_of, BITS)
        tensors = record(tensors, kind, model)
        models[kind] = {"config": settings, "shapes": shapes(model)}
    for kind in BLOCKS:
        tensors[f"{kind}.output"], blocks[kind] = real_block(kind)
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "flux.safetensors")
    lines = json.dumps({"models": models, "blocks": blocks, "guidance": GUIDANCE})
    (folder / "flux.json").write_text(lines + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
