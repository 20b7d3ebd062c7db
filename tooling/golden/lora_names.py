"""How other programs name the layers of diffusers' models, for lora_formats.py, which checks it with diffusers' own readers."""

import re

import torch

QKV, ADDED = ["to_q", "to_k", "to_v"], ["add_q_proj", "add_k_proj", "add_v_proj"]
RESNET = {"conv1": "in_layers.2", "conv2": "out_layers.3", "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"}
OUTSIDE = {
    "conv_in": "input_blocks.0.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}


def swapped(rows):
    first, second = rows.chunk(2, dim=0)
    return torch.cat([second, first])


def kohya(unet, encoders, factors):
    one = len(encoders) == 1
    prefixes = {"text_encoder": "lora_te_" if one else "lora_te1_", "text_encoder_2": "lora_te2_", unet: "lora_unet_"}
    full = {layer: layer[1] if layer[0] == unet or layer[1].startswith("text_") else f"text_model.{layer[1]}" for layer in factors}
    return [(prefixes[layer[0]] + name.replace(".", "_"), [layer]) for layer, name in full.items()]


def ldm(path, layers):
    """A UNet's layer in latent-diffusion, whose blocks of a side are numbered through."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    per = 1 + max(int(n) for name in layers for n in re.findall(r"^down_blocks\.0\.resnets\.(\d+)", name))
    side, block, kind, index, rest = re.match(r"(\w+?)_blocks?\.(?:(\d+)\.)?(\w+)\.(\d+)\.(.+)", path).groups()
    block, index = int(block or 0), int(index)
    rest = RESNET.get(rest, rest) if kind == "resnets" else rest
    if side == "mid":
        return f"middle_block.{1 if kind == 'attentions' else 2 * index}.{rest}"
    if kind == "downsamplers":
        return f"input_blocks.{(block + 1) * (per + 1)}.0.op"
    if side == "down":
        return f"input_blocks.{1 + block * (per + 1) + index}.{int(kind == 'attentions')}.{rest}"
    if kind == "upsamplers":
        attends = any(name.startswith(f"up_blocks.{block}.attentions") for name in layers)
        return f"output_blocks.{(block + 1) * (per + 1) - 1}.{2 if attends else 1}.conv"
    return f"output_blocks.{block * (per + 1) + index}.{int(kind == 'attentions')}.{rest}"


def joined(paths, table):
    """Names with the layers that each joins, for all layers that are there."""
    rows = []
    for name, own in table:
        pattern = re.compile(re.escape(own[0]).replace("NUMBER", r"(\d+)"))
        matches = [pattern.fullmatch(path) for path in paths]
        numbers = sorted({int(match[1]) for match in matches if match}) if "NUMBER" in name else [""]
        for number in numbers:
            layers = [path.replace("NUMBER", str(number)) for path in own]
            if all(layer in paths for layer in layers):
                rows.append((name.replace("NUMBER", str(number)), layers))
    return rows


def under(path, names):
    return [f"{path}.{name}" for name in names]


def bfl(paths):
    double, single = "transformer_blocks.NUMBER", "single_transformer_blocks.NUMBER"
    outside = {"img_in": "x_embedder", "txt_in": "context_embedder", "final_layer.adaLN_modulation.1": "norm_out.linear", "final_layer.linear": "proj_out"}
    for name, place in {"time_in": "timestep", "vector_in": "text", "guidance_in": "guidance"}.items():
        outside[f"{name}.in_layer"] = f"time_text_embed.{place}_embedder.linear_1"
        outside[f"{name}.out_layer"] = f"time_text_embed.{place}_embedder.linear_2"
    table = [(name, [path]) for name, path in outside.items()]
    for side, suffix, names, out in [("img", "", QKV, "to_out.0"), ("txt", "_context", ADDED, "to_add_out")]:
        block = f"double_blocks.NUMBER.{side}"
        table.append((f"{block}_mod.lin", [f"{double}.norm1{suffix}.linear"]))
        table.append((f"{block}_attn.qkv", under(f"{double}.attn", names)))
        table.append((f"{block}_attn.proj", [f"{double}.attn.{out}"]))
        table.append((f"{block}_mlp.0", [f"{double}.ff{suffix}.net.0.proj"]))
        table.append((f"{block}_mlp.2", [f"{double}.ff{suffix}.net.2"]))
    table.append(("single_blocks.NUMBER.modulation.lin", [f"{single}.norm.linear"]))
    table.append(("single_blocks.NUMBER.linear1", [*under(f"{single}.attn", QKV), f"{single}.proj_mlp"]))
    table.append(("single_blocks.NUMBER.linear2", [f"{single}.proj_out"]))
    return joined(paths, table)


def xlabs(paths):
    double, single = "transformer_blocks.NUMBER", "single_transformer_blocks.NUMBER"
    table = []
    for stream, names, out in [(1, QKV, "to_out.0"), (2, ADDED, "to_add_out")]:
        table.append((f"double_blocks.NUMBER.processor.qkv_lora{stream}", under(f"{double}.attn", names)))
        table.append((f"double_blocks.NUMBER.processor.proj_lora{stream}", [f"{double}.attn.{out}"]))
    table.append(("single_blocks.NUMBER.processor.qkv_lora", under(f"{single}.attn", QKV)))
    table.append(("single_blocks.NUMBER.processor.proj_lora", [f"{single}.proj_out"]))
    return joined(paths, table)


def mmdit(paths):
    block = "transformer_blocks.NUMBER"
    outside = {"x_embedder.proj": "pos_embed.proj", "context_embedder": "context_embedder", "final_layer.adaLN_modulation.1": "norm_out.linear", "final_layer.linear": "proj_out"}
    for name, place in {"t_embedder": "timestep", "y_embedder": "text"}.items():
        outside[f"{name}.mlp.0"] = f"time_text_embed.{place}_embedder.linear_1"
        outside[f"{name}.mlp.2"] = f"time_text_embed.{place}_embedder.linear_2"
    table = [(name, [path]) for name, path in outside.items()]
    for side, suffix, names, out in [("x_block", "", QKV, "to_out.0"), ("context_block", "_context", ADDED, "to_add_out")]:
        own = f"joint_blocks.NUMBER.{side}"
        table.append((f"{own}.adaLN_modulation.1", [f"{block}.norm1{suffix}.linear"]))
        table.append((f"{own}.attn.qkv", under(f"{block}.attn", names)))
        table.append((f"{own}.attn.proj", [f"{block}.attn.{out}"]))
        table.append((f"{own}.mlp.fc1", [f"{block}.ff{suffix}.net.0.proj"]))
        table.append((f"{own}.mlp.fc2", [f"{block}.ff{suffix}.net.2"]))
    table.append(("joint_blocks.NUMBER.x_block.attn2.qkv", under(f"{block}.attn2", QKV)))
    table.append(("joint_blocks.NUMBER.x_block.attn2.proj", [f"{block}.attn2.to_out.0"]))
    return joined(paths, table)
