"""Outputs of the tiny UNets, block by block. Run after checkpoints.py: python tooling/golden/unet.py test/golden/fixtures"""

import sys
from pathlib import Path

import torch
from checkpoints import randomize
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

# What SD 1 and 2 checkpoints may have beyond the two tiny ones: three levels, upcast attention, one layer a block.
VARIANT = {
    "block_out_channels": (8, 16, 24),
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "attention_head_dim": [1, 2, 4],
    "cross_attention_dim": 24,
    "use_linear_projection": True,
    "upcast_attention": True,
    "transformer_layers_per_block": 1,
    "sample_size": 16,
}
# Odd sizes make the upsampling blocks fit their skip connections.
SIZES = {"square": (2, 16, 16), "wide": (2, 8, 12), "odd": (1, 9, 7)}
TIMESTEPS = (1.0, 500.0)


def blocks(unet):
    """Modules whose outputs are kept, in the order in which they run."""
    yield "time_embedding", unet.time_embedding
    yield "conv_in", unet.conv_in
    yield from ((f"down_blocks.{i}", block) for i, block in enumerate(unet.down_blocks))
    yield "mid_block", unet.mid_block
    yield from ((f"up_blocks.{i}", block) for i, block in enumerate(unet.up_blocks))


@torch.no_grad()
def record(tensors, kind, unet, sizes, timesteps):
    generator = torch.Generator().manual_seed(7)
    context = torch.randn(2, 77, unet.config.cross_attention_dim, generator=generator)
    tensors[f"{kind}.encoder_hidden_states"] = context
    for label in sizes:
        batch, height, width = SIZES[label]
        sample = torch.randn(batch, 4, height, width, generator=generator)
        tensors[f"{kind}.{label}.sample"] = sample
        for t in timesteps:
            hooks = []
            if label == "wide" and t == timesteps[-1]:
                for name, module in blocks(unet):

                    def keep(_, __, output, name=name):
                        whole = output[0] if isinstance(output, tuple) else output
                        tensors[f"{kind}.{label}.{name}"] = whole.contiguous().clone()

                    hooks.append(module.register_forward_hook(keep))
            output = unet(sample, t, context[:batch]).sample
            tensors[f"{kind}.{label}.{int(t)}.output"] = output
            for hook in hooks:
                hook.remove()


def main(root: Path):
    tensors = {}
    for kind in ("sd1", "sd2"):
        record(tensors, kind, UNet2DConditionModel.from_pretrained(root / kind / "unet").eval(), SIZES, TIMESTEPS)
    variant = randomize(UNet2DConditionModel(**VARIANT), 41)
    variant.save_pretrained(root / "unet-variant")
    record(tensors, "variant", variant, ("wide", "odd"), TIMESTEPS[1:])
    save_file(tensors, root / "unet.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
