"""Where checkpoints in one file have the weights of Stable Diffusion 1, 2 and XL. Run: python tooling/golden/single_file.py test/golden/fixtures

`single-file.json` has, for each tiny checkpoint, rows of component, name in the hub's layout, name in the file, and form (`i/n`: the i-th
of n equal parts of the file's rows; `transposed`; `kernel`: as a 1×1 convolution), and for the published models of `published/` a hash
of such rows. diffusers is the judge: its converters must take every weight from there, and `from_single_file` must draw the pictures
that the folders gave.
"""

import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint, convert_open_clip_checkpoint
from published import tensors_of
from safetensors.torch import load_file, save_file

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3", "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"}
UNET = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}


def unet_place(name, config):
    """`a.b.c` of diffusers → the name in the file."""
    each = config["layers_per_block"] + 1
    module, leaf = name.rsplit(".", 1)
    if module in UNET:
        return f"{UNET[module]}.{leaf}", ""
    side, *steps = name.split(".")
    if side == "mid_block":
        kind, number, *rest = steps
        place = "middle_block.1" if kind == "attentions" else f"middle_block.{2 * int(number)}"
    else:
        block, kind, number, *rest = steps
        block, number = int(block), int(number)
        if kind == "downsamplers":
            return f"input_blocks.{each * (block + 1)}.0.op.{leaf}", ""
        if kind == "upsamplers":
            after = 2 if "CrossAttn" in config["up_block_types"][block] else 1
            return f"output_blocks.{each * (block + 1) - 1}.{after}.conv.{leaf}", ""
        at = f"input_blocks.{each * block + number + 1}" if side == "down_blocks" else f"output_blocks.{each * block + number}"
        place = f"{at}.{1 if kind == 'attentions' else 0}"
    return ".".join([place, *(rest if kind == "attentions" else [RESNET[rest[0]], *rest[1:]])]), ""


ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out", "query": "q", "key": "k", "value": "v", "proj_attn": "proj_out"}


def vae_place(name, config):
    last = len(config["block_out_channels"]) - 1
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    found = re.fullmatch(r"(\w+)\.mid_block\.attentions\.0\.(.+)\.(weight|bias)", name)
    if found:
        side, part, leaf = found.groups()
        return f"{side}.mid.attn_1.{ATTENTION[part]}.{leaf}", "" if part == "group_norm" or leaf == "bias" else "kernel"
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets", lambda m: f"up.{last - int(m[1])}.block", name)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{last - int(m[1])}.upsample", name), ""


def clip_place(name, config):
    return name, ""


OPEN_CLIP = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj"}
OPEN_CLIP_ENDS = {
    "text_model.embeddings.token_embedding.weight": ("token_embedding.weight", ""),
    "text_model.embeddings.position_embedding.weight": ("positional_embedding", ""),
    "text_model.final_layer_norm.weight": ("ln_final.weight", ""),
    "text_model.final_layer_norm.bias": ("ln_final.bias", ""),
    "text_projection.weight": ("text_projection", "transposed"),
}


def open_clip_place(name, config):
    if name in OPEN_CLIP_ENDS:
        return OPEN_CLIP_ENDS[name]
    layer, module, leaf = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)", name).groups()
    at = f"transformer.resblocks.{layer}"
    if module in OPEN_CLIP:
        return f"{at}.{OPEN_CLIP[module]}.{leaf}", ""
    return f"{at}.attn.in_proj_{leaf}", f"{'qkv'.index(module.removeprefix('self_attn.')[0])}/3"


# Component, place by name, prefix in the file.
UNET_AND_VAE = [("unet", unet_place, "model.diffusion_model."), ("vae", vae_place, "first_stage_model.")]
KINDS = {
    "sd1": [*UNET_AND_VAE, ("text_encoder", clip_place, "cond_stage_model.transformer.")],
    "sd2": [*UNET_AND_VAE, ("text_encoder", open_clip_place, "cond_stage_model.model.")],
    "sdxl": [
        *UNET_AND_VAE,
        ("text_encoder", clip_place, "conditioner.embedders.0.transformer."),
        ("text_encoder_2", open_clip_place, "conditioner.embedders.1.model."),
    ],
}
PUBLISHED = {"stable-diffusion-v1-5": "sd1", "stable-diffusion-2-1": "sd2", "stable-diffusion-xl-base-1.0": "sdxl"}


def in_file(state, place, config):
    """A component's tensors as the file has them."""
    found, parts = {}, {}
    for name, tensor in state.items():
        if name.endswith("position_ids") and place is open_clip_place:
            continue
        file, form = place(name, config)
        if "/" in form:
            parts.setdefault(file, {})[int(form[0])] = tensor
        elif form == "kernel":
            found[file] = tensor[:, :, None, None]
        else:
            found[file] = tensor.T if form == "transposed" else tensor
    return {**found, **{file: torch.cat([each[i] for i in range(3)]) for file, each in parts.items()}}


def rows_of(kind, components):
    return [
        [component, name, prefix + place(name, config)[0], place(name, config)[1]]
        for component, place, prefix in KINDS[kind]
        for config, names in [components[component]]
        for name in sorted(names)
        if not (name.endswith("position_ids") and place is open_clip_place)
    ]


def read(folder, component):
    config = json.loads((folder / component / "config.json").read_text())
    stem = "model" if component.startswith("text") else "diffusion_pytorch_model"
    return config, load_file(folder / component / f"{stem}.safetensors")


def single_file(folder, kind):
    state = {}
    for component, place, prefix in KINDS[kind]:
        config, tensors = read(folder, component)
        state |= {prefix + name: tensor for name, tensor in in_file(tensors, place, config).items()}
        if kind == "sd2" and component == "text_encoder":
            # The published file has one layer more than the model uses, and a projection.
            width, last = config["hidden_size"], config["num_hidden_layers"]
            state |= {key.replace(f"resblocks.{last - 1}.", "resblocks.23."): value for key, value in state.items() if f"resblocks.{last - 1}." in key}
            state[f"{prefix}text_projection"] = torch.zeros(width, width)
    return {name: tensor.contiguous().clone() for name, tensor in state.items()}


class Judge:
    """Every weight a number of its own; each converter of diffusers must give them back under the names they came from."""

    def __init__(self, component, place, config, names):
        tags = {name: torch.full((3, 3), float(i)) for i, name in enumerate(sorted(names))}
        file = in_file(tags, place, config)
        if place is unet_place:
            found = convert_ldm_unet_checkpoint({f"model.diffusion_model.{key}": value for key, value in file.items()}, config)
        elif place is vae_place:
            found = convert_ldm_vae_checkpoint({f"first_stage_model.{key}": value for key, value in file.items()}, config)
        elif place is open_clip_place:
            text_model = type("Model", (), {"config": type("Config", (), {"hidden_size": 3})})
            found = convert_open_clip_checkpoint(text_model, {f"it.{key}": value for key, value in file.items()}, "it.")
        else:
            return
        assert sorted(found) == sorted(tags), set(found) ^ set(tags)
        for name, value in found.items():
            assert torch.equal(value, tags[name]), name


def judge_pictures(root, kind, path):
    pipeline = StableDiffusionXLPipeline if kind == "sdxl" else StableDiffusionPipeline
    call = {"prompt": "a fox in the snow", "num_inference_steps": 3, "height": 64, "width": 64, "output_type": "np"}

    def draw(pipe):
        pipe.set_progress_bar_config(disable=True)
        return pipe(**call, generator=torch.Generator().manual_seed(3)).images

    extra = {"safety_checker": None} if kind != "sdxl" else {}
    single = draw(pipeline.from_single_file(path, config=str(root / kind), **extra))
    # A matrix that was transposed is multiplied in another order of sums.
    assert abs(single - draw(pipeline.from_pretrained(root / kind))).max() < 1e-5, kind


if __name__ == "__main__":
    root = Path(sys.argv[1])
    files = {}
    for kind in KINDS:
        components = {component: read(root / kind, component) for component, *_ in KINDS[kind]}
        files[kind] = rows_of(kind, components)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/{kind}.safetensors"
            save_file(single_file(root / kind, kind), path)
            judge_pictures(root, kind, path)
    hashes = {}
    for model, kind in PUBLISHED.items():
        components = {}
        for component, place, _ in KINDS[kind]:
            known = json.loads((root / f"published/{model}.{component}.json").read_text())
            components[component] = known["config"], tensors_of(known["class"], known["config"])
            Judge(component, place, known["config"], components[component][1])
        lines = "".join(" ".join(row).strip() + "\n" for row in rows_of(kind, components))
        hashes[model] = {"kind": kind, "weights": lines.count("\n"), "sha256": hashlib.sha256(lines.encode()).hexdigest()}
    listed = [f'"{kind}": [\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]" for kind, rows in files.items()]
    text = '{\n"published": ' + json.dumps(hashes, indent=2) + ',\n"files": {\n' + ",\n".join(listed) + "\n}\n}\n"
    (root / "single-file.json").write_text(text)
