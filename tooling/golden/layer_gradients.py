"""Gradients through whole layers, of transformers and diffusers: python tooling/golden/layer_gradients.py test/golden/fixtures

A layer's loss is the sum of its result times numbers of the table. Its weights and inputs are made again by the test
(tooling/test-weights); `<layer>/<parameter or input>` is the derivative, computed in float64.
"""

import math
import sys
from pathlib import Path

import torch
from diffusers.models.unets.unet_2d_blocks import CrossAttnDownBlock2D
from safetensors.torch import save_file
from table import fill, table, tensor
from transformers import CLIPTextConfig, T5Config, T5EncoderModel
from transformers.models.clip.modeling_clip import CLIPEncoderLayer

VALUES = table()
tensors = {}


def made(i, *shape, scale=1):
    return tensor(VALUES, i, shape, scale).double()


def scale_of(name, shape):
    """A power of two, for a matrix near twice the deviation that keeps its input's scale; 0 for a norm's weights, which are around 1."""
    if len(shape) == 1:
        return 0 if "norm" in name and name.endswith("weight") else 1 / 8
    return 2.0 ** (1 - round(math.log2(math.prod(shape[1:])) / 2))


def layer(name, module, inputs, run):
    module = module.eval()
    with torch.no_grad():
        fill({key: value.data for key, value in module.named_parameters()}, scale_of)
    module = module.double()
    inputs = {key: value.requires_grad_() for key, value in inputs.items()}
    result = run(module, **inputs)
    loss = (result * made(100, *result.shape, scale=1 / 16)).sum()
    values = dict(module.named_parameters()) | inputs
    for (key, value), gradient in zip(values.items(), torch.autograd.grad(loss, list(values.values()))):
        tensors[f"{name}/{key}"] = gradient.float().contiguous()


def clip():
    config = CLIPTextConfig(hidden_size=24, intermediate_size=40, num_attention_heads=3, hidden_act="quick_gelu", attn_implementation="sdpa")
    mask = torch.full((7, 7), -math.inf, dtype=torch.float64).triu(1)

    def run(module, x):
        result = module(x, attention_mask=mask[None, None])
        return result[0] if isinstance(result, tuple) else result

    layer("clip", CLIPEncoderLayer(config), {"x": made(101, 2, 7, 24)}, run)


def t5():
    config = T5Config(
        vocab_size=12,
        d_model=16,
        d_kv=6,
        d_ff=20,
        num_layers=1,
        num_heads=3,
        relative_attention_num_buckets=8,
        relative_attention_max_distance=10,
        layer_norm_epsilon=1e-3,
        feed_forward_proj="gated-gelu",
    )
    ids = torch.tensor([[3, 1, 4, 1, 5, 9], [2, 6, 5, 3, 5, 0]])
    layer("t5", T5EncoderModel(config), {}, lambda module: module(ids).last_hidden_state)


def unet():
    block = CrossAttnDownBlock2D(
        in_channels=8,
        out_channels=16,
        temb_channels=12,
        num_layers=1,
        resnet_groups=4,
        num_attention_heads=2,
        cross_attention_dim=10,
    )
    inputs = {"sample": made(101, 1, 8, 5, 6), "time": made(102, 1, 12), "condition": made(103, 1, 4, 10)}
    layer("unet", block, inputs, lambda module, sample, time, condition: module(sample, time, condition)[0])


def main(folder: Path):
    for make in (clip, t5, unet):
        make()
    save_file(tensors, folder / "gradients.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
