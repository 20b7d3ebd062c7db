"""What UNets with rarer settings predict: python tooling/golden/unet_kinds.py packages/pipelines-sd/src/unet/fixtures

Their weights are made again by the tests (tooling/test-weights), so that only their shapes are kept.
"""

import json
import math
import sys
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from table import fill

TINY = {"sample_size": 8, "block_out_channels": [8, 16], "norm_num_groups": 4, "cross_attention_dim": 8, "layers_per_block": 1}
KINDS = {
    # As SSD-1B and small-sd have it: depths that differ from layer to layer and from way to way, and no middle.
    "distilled": {
        **TINY,
        "layers_per_block": 2,
        "mid_block_type": None,
        "down_block_types": ["CrossAttnDownBlock2D"] * 2,
        "up_block_types": ["CrossAttnUpBlock2D"] * 2,
        "transformer_layers_per_block": [1, [2, 1]],
        "reverse_transformer_layers_per_block": [[2, 1, 1], 0],
        # Heads that do not divide the channels.
        "attention_head_dim": [3, 5],
        "act_fn": "GELU",
    },
    # As latent consistency models have it, and with all that can be done to the time.
    "guided": {
        **TINY,
        "block_out_channels": [9, 18],
        "norm_num_groups": 3,
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["UNetResCrossAttnUpBlock2D", "UpBlock2D"],
        "attention_head_dim": [7, 3],
        "time_cond_proj_dim": 10,
        "time_embedding_dim": 14,
        "time_embedding_act_fn": "mish",
        "timestep_post_act": "silu",
        "conv_in_kernel": 1,
        "conv_out_kernel": 5,
        "act_fn": "mish",
    },
    "simple": {
        **TINY,
        "down_block_types": ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"],
        "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
        "up_block_types": ["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"],
        "attention_head_dim": [4, 8],
        "only_cross_attention": [False, True],
        "mid_block_only_cross_attention": False,
        "cross_attention_dim": 64,
        "cross_attention_norm": "group_norm",
        "resnet_time_scale_shift": "scale_shift",
        "resnet_skip_time_act": True,
        "resnet_out_scale_factor": 1.4,
        "mid_block_scale_factor": 0.7,
        "encoder_hid_dim": 12,
        "time_embedding_type": "fourier",
        "act_fn": "relu",
    },
    "pixels": {
        **TINY,
        "down_block_types": ["AttnDownBlock2D", "CrossAttnDownBlock2D"],
        "mid_block_type": "UNetMidBlock2D",
        "up_block_types": ["CrossAttnUpBlock2D", "AttnUpBlock2D"],
        "attention_head_dim": [3, 4],
        "addition_embed_type": "text",
        "addition_embed_type_num_heads": 2,
        "attention_type": "gated",
        "downsample_padding": 0,
    },
}
GUIDANCE = 6.5


def scale_of(name, shape):
    """A power of two, for a matrix near twice the deviation that keeps its input's scale; 0 for a norm's weights, which are around 1."""
    if len(shape) == 1:
        return 0 if "norm" in name and name.endswith("weight") else 1 / 8
    return 2.0 ** (1 - math.floor(math.log2(math.prod(shape[1:])) / 2 + 0.5))


@torch.no_grad()
def main(folder: Path):
    tensors, models = {}, {}
    generator = torch.Generator().manual_seed(13)
    for kind, config in KINDS.items():
        unet = UNet2DConditionModel(**config).eval()
        state = unet.state_dict()
        fill(state, scale_of)
        models[kind] = {"config": config, "shapes": {name: list(value.shape) for name, value in sorted(state.items())}}
        sample = torch.randn(1, 4, 8, 8, generator=generator)
        conditions = torch.randn(2, 7, config.get("encoder_hid_dim", unet.config.cross_attention_dim), generator=generator)
        tensors |= {f"{kind}.sample": sample, f"{kind}.encoder_hidden_states": conditions}
        width = unet.config.time_cond_proj_dim
        guidance = torch.tensor([GUIDANCE - 1] * 2)
        cond = width and StableDiffusionPipeline.get_guidance_scale_embedding(None, guidance, embedding_dim=width)
        for t in (1, 701):
            tensors[f"{kind}.{t}.output"] = unet(sample.repeat(2, 1, 1, 1), torch.tensor(t), conditions, timestep_cond=cond).sample.contiguous()
    save_file(tensors, folder / "kinds.safetensors")
    lines = (f"{json.dumps(kind)}: {json.dumps(model)}" for kind, model in models.items())
    (folder / "kinds.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
