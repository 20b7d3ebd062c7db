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
# SDXL's: pooled text and six time ids beside the time, and transformers deeper from level to level.
SDXL = {
    "block_out_channels": (8, 16, 24),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "attention_head_dim": [1, 2, 4],
    "cross_attention_dim": 12,
    "use_linear_projection": True,
    "transformer_layers_per_block": [1, 2, 3],
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 4,
    "projection_class_embeddings_input_dim": 10 + 6 * 4,
    "sample_size": 16,
}
# Height and width of the original, top and left of the crop, height and width of the target.
TIME_IDS = ((1024, 768, 0, 17, 1024, 1024), (640, 480, 3, 0, 512, 768), (512, 512, 0, 0, 1024, 1024), (1024, 1024, 8, 8, 512, 768))
# Odd sizes make the upsampling blocks fit their skip connections.
SIZES = {"square": (2, 16, 16), "wide": (2, 8, 12), "odd": (1, 9, 7)}
TIMESTEPS = (1.0, 500.0)


def blocks(unet):
    """Modules whose outputs are kept, in the order in which they run."""
    yield "time_embedding", unet.time_embedding
    if unet.config.addition_embed_type:
        yield "add_embedding", unet.add_embedding
    yield "conv_in", unet.conv_in
    yield from ((f"down_blocks.{i}", block) for i, block in enumerate(unet.down_blocks))
    yield "mid_block", unet.mid_block
    yield from ((f"up_blocks.{i}", block) for i, block in enumerate(unet.up_blocks))


@torch.no_grad()
def record(tensors, kind, unet, sizes, timesteps, conditions=1):
    """Each picture under so many conditions: all pictures under the first, then all under the next."""
    generator = torch.Generator().manual_seed(7)
    inputs = {"encoder_hidden_states": torch.randn(2 * conditions, 77, unet.config.cross_attention_dim, generator=generator)}
    if unet.config.addition_embed_type == "text_time":
        inputs["text_embeds"] = torch.randn(2 * conditions, 10, generator=generator)
        inputs["time_ids"] = torch.tensor(TIME_IDS, dtype=torch.float32)
    tensors.update({f"{kind}.{name}": value for name, value in inputs.items()})
    for label in sizes:
        batch, height, width = SIZES[label]
        sample = torch.randn(batch, 4, height, width, generator=generator)
        tensors[f"{kind}.{label}.sample"] = sample
        context, *added = (value[: batch * conditions] for value in inputs.values())
        for t in timesteps:
            hooks = []
            if label == "wide" and t == timesteps[-1]:
                for name, module in blocks(unet):

                    def keep(_, __, output, name=name):
                        whole = output[0] if isinstance(output, tuple) else output
                        tensors[f"{kind}.{label}.{name}"] = whole.contiguous().clone()

                    hooks.append(module.register_forward_hook(keep))
            added_cond_kwargs = dict(zip(("text_embeds", "time_ids"), added, strict=True)) if added else None
            output = unet(sample.repeat(conditions, 1, 1, 1), t, context, added_cond_kwargs=added_cond_kwargs).sample
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
    sdxl = randomize(UNet2DConditionModel(**SDXL), 42)
    sdxl.save_pretrained(root / "unet-sdxl")
    record(tensors, "sdxl", sdxl, SIZES, TIMESTEPS, conditions=2)
    save_file(tensors, root / "unet.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
