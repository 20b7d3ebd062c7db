"""Outputs of tiny Stable Diffusion 3 and 3.5 transformers, block by block, and of blocks of the published widths.
Run: python tooling/golden/sd3.py packages/pipelines-sd/src/transformer/fixtures"""

import math
import sys
from pathlib import Path

import numpy as np
import torch
from checkpoints import randomize
from diffusers import SD3Transformer2DModel
from diffusers.models.attention import JointTransformerBlock
from safetensors.torch import save_file

TINY = {
    "in_channels": 4,
    "out_channels": 4,
    "num_layers": 3,
    "attention_head_dim": 8,
    "joint_attention_dim": 20,
    "pooled_projection_dim": 12,
}
# One entry per kind of published checkpoint, with the type of its file.
KINDS = {
    "sd3": (torch.float32, {"num_attention_heads": 3, "caption_projection_dim": 24, "sample_size": 16, "pos_embed_max_size": 12}),
    "sd35-medium": (
        torch.bfloat16,
        {
            "num_attention_heads": 2,
            "caption_projection_dim": 16,
            "sample_size": 12,
            "pos_embed_max_size": 18,
            "dual_attention_layers": (0, 1),
            "qk_norm": "rms_norm",
        },
    ),
    "sd35-large": (
        torch.float16,
        {"num_attention_heads": 4, "caption_projection_dim": 32, "sample_size": 8, "pos_embed_max_size": 8, "qk_norm": "rms_norm"},
    ),
}
# Pictures, height, width, conditions of each, tokens. Extents in patches are odd where they can be.
SIZES = {"pair": (2, 8, 12, 2, 7), "odd": (1, 6, 10, 1, 5)}
TIMESTEPS = (1000.0, 437.25)

# A block of Stable Diffusion 3.5 medium, and one of large.
WIDE = {
    "medium": {"dim": 1536, "num_attention_heads": 24, "attention_head_dim": 64, "qk_norm": "rms_norm", "use_dual_attention": True},
    "large": {"dim": 2432, "num_attention_heads": 38, "attention_head_dim": 64, "qk_norm": "rms_norm"},
    "layer-norm": {"dim": 256, "num_attention_heads": 4, "attention_head_dim": 64, "qk_norm": "layer_norm", "use_dual_attention": True},
}
PERIOD = 1_000_003


def parts(model):
    """Modules whose outputs are kept, in the order in which they run."""
    for name in ("pos_embed", "time_text_embed", "context_embedder"):
        yield name, getattr(model, name)
    yield from ((f"transformer_blocks.{i}", block) for i, block in enumerate(model.transformer_blocks))
    yield "norm_out", model.norm_out


@torch.no_grad()
def record(tensors, kind, model):
    generator = torch.Generator().manual_seed(7)
    config = model.config
    for label, (pictures, height, width, conditions, tokens) in SIZES.items():
        sample = torch.randn(pictures, config.in_channels, height, width, generator=generator)
        context = torch.randn(conditions * pictures, tokens, config.joint_attention_dim, generator=generator)
        pooled = torch.randn(conditions * pictures, config.pooled_projection_dim, generator=generator)
        at = f"{kind}.{label}"
        tensors |= {f"{at}.sample": sample, f"{at}.encoder_hidden_states": context, f"{at}.pooled_projections": pooled}
        for t in TIMESTEPS:
            hooks = []
            if label == "odd" and t == TIMESTEPS[-1]:
                for name, module in parts(model):

                    def keep(_, __, output, name=name):
                        named = zip(("text", "image"), output) if isinstance(output, tuple) else [("", output)]
                        for stream, value in named:
                            if value is not None:
                                tensors[".".join(filter(None, (kind, "parts", name, stream)))] = value.contiguous().clone()

                    hooks.append(module.register_forward_hook(keep))
            batch = sample.repeat(conditions, 1, 1, 1)
            times = torch.full((len(batch),), t)
            output = model(batch, context, pooled, times).sample
            tensors[f"{at}.{t:g}.output"] = output.contiguous()
            for hook in hooks:
                hook.remove()


def tiny(folder: Path):
    tensors = {}
    for seed, (kind, (dtype, settings)) in enumerate(KINDS.items(), 51):
        model = randomize(SD3Transformer2DModel(**TINY, **settings), seed)
        if kind == "sd35-medium":
            # Not the one that it would be made anew as: the file's own counts.
            table = model.pos_embed.pos_embed
            table += torch.randn(table.shape, generator=torch.Generator().manual_seed(seed)) / 4
        model.to(dtype).save_pretrained(folder / kind)
        record(tensors, kind, SD3Transformer2DModel.from_pretrained(folder / kind, torch_dtype=torch.float32).eval())
    save_file(tensors, folder / "tiny.safetensors")


def table():
    """Multiples of 1/128 in [-1, 1), which bfloat16 holds exactly, by Numerical Recipes' generator."""
    values, state = np.empty(PERIOD, np.float32), 12345
    for i in range(PERIOD):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = (state >> 24) / 128 - 1
    return values


def scaled(values, i, name, shape):
    """The tensor of this number reads the table round and round, from a place of its own."""
    own = np.resize(np.roll(values, -i * 7919), math.prod(shape)).reshape(shape)
    if ".norm_" in name:
        return torch.from_numpy(own + 1)
    scale = 1 / 8 if len(shape) == 1 else 2.0 ** (1 - round(math.log2(shape[1]) / 2))
    return torch.from_numpy(own * np.float32(scale))


@torch.no_grad()
def wide(folder: Path):
    values, tensors = table(), {}
    for kind, settings in WIDE.items():
        block = JointTransformerBlock(**settings).eval()
        for i, (name, parameter) in enumerate(sorted(block.state_dict().items())):
            parameter.copy_(scaled(values, i, name, parameter.shape))
        image, text, temb = (
            torch.from_numpy(np.resize(np.roll(values, -at), math.prod(shape))).reshape(shape)
            for at, shape in ((1, (1, 35, settings["dim"])), (2, (1, 9, settings["dim"])), (3, (1, settings["dim"])))
        )
        text, image = block(image, text, temb)
        # Too large to keep whole.
        tensors |= {f"{kind}.image": image[:, ::6, ::64].contiguous(), f"{kind}.text": text[:, ::4, ::64].contiguous()}
    save_file(tensors, folder / "wide.safetensors")


if __name__ == "__main__":
    tiny(Path(sys.argv[1]))
    wide(Path(sys.argv[1]))
