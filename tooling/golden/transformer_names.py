"""Transformers of Stable Diffusion 3 and FLUX under the names of their authors' code: the inverse of diffusers' converters."""

import torch

SD3_ENDS = {
    "pos_embed.proj": "x_embedder.proj",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "context_embedder": "context_embedder",
    "proj_out": "final_layer.linear",
}
SD3_BLOCK = {
    "norm1.linear": "x_block.adaLN_modulation.1",
    "norm1_context.linear": "context_block.adaLN_modulation.1",
    "attn.norm_q": "x_block.attn.ln_q",
    "attn.norm_k": "x_block.attn.ln_k",
    "attn.norm_added_q": "context_block.attn.ln_q",
    "attn.norm_added_k": "context_block.attn.ln_k",
    "attn.to_out.0": "x_block.attn.proj",
    "attn.to_add_out": "context_block.attn.proj",
    "attn2.norm_q": "x_block.attn2.ln_q",
    "attn2.norm_k": "x_block.attn2.ln_k",
    "attn2.to_out.0": "x_block.attn2.proj",
    "ff.net.0.proj": "x_block.mlp.fc1",
    "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1",
    "ff_context.net.2": "context_block.mlp.fc2",
}
SD3_JOINED = {
    "x_block.attn.qkv": ["attn.to_q", "attn.to_k", "attn.to_v"],
    "x_block.attn2.qkv": ["attn2.to_q", "attn2.to_k", "attn2.to_v"],
    "context_block.attn.qkv": ["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"],
}
FLUX_ENDS = {
    "time_text_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_text_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "time_text_embed.text_embedder.linear_1": "vector_in.in_layer",
    "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
    "time_text_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
    "time_text_embed.guidance_embedder.linear_2": "guidance_in.out_layer",
    "context_embedder": "txt_in",
    "x_embedder": "img_in",
    "proj_out": "final_layer.linear",
}
FLUX_DOUBLE = {
    "norm1.linear": "img_mod.lin",
    "norm1_context.linear": "txt_mod.lin",
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "ff.net.0.proj": "img_mlp.0",
    "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0",
    "ff_context.net.2": "txt_mlp.2",
}
FLUX_DOUBLE_NORMS = {
    "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm",
    "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm",
}
FLUX_DOUBLE_JOINED = {
    "img_attn.qkv": ["attn.to_q", "attn.to_k", "attn.to_v"],
    "txt_attn.qkv": ["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"],
}
FLUX_SINGLE = {"norm.linear": "modulation.lin", "proj_out": "linear2"}
FLUX_SINGLE_NORMS = {"attn.norm_q": "norm.query_norm", "attn.norm_k": "norm.key_norm"}
FLUX_SINGLE_JOINED = {"linear1": ["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"]}
ENDS = (".weight", ".bias")


def swapped(tensor):
    return torch.cat(tensor.chunk(2)[::-1])


def move(state, original, own, file, form=lambda tensor: tensor, ends=ENDS):
    for end in ends:
        if own + end in state:
            original[file + end] = form(state.pop(own + end))


def join(state, original, owns, file):
    for end in ENDS:
        if owns[0] + end in state:
            original[file + end] = torch.cat([state.pop(own + end) for own in owns])


def original_sd3(state):
    """The names of the authors' code: the inverse of convert_sd3_transformer_checkpoint_to_diffusers."""
    state, original = dict(state), {"pos_embed": state["pos_embed.pos_embed"]}
    del state["pos_embed.pos_embed"]
    for own, file in SD3_ENDS.items():
        move(state, original, own, file)
    move(state, original, "norm_out.linear", "final_layer.adaLN_modulation.1", swapped)
    count = 1 + max(int(name.split(".")[1]) for name in state)
    for i in range(count):
        own, file = f"transformer_blocks.{i}.", f"joint_blocks.{i}."
        if i == count - 1:
            move(state, original, f"{own}norm1_context.linear", f"{file}context_block.adaLN_modulation.1", swapped)
        for name, stored in SD3_BLOCK.items():
            move(state, original, own + name, file + stored)
        for stored, names in SD3_JOINED.items():
            join(state, original, [own + name for name in names], file + stored)
    assert not state, list(state)
    return original


def original_flux(state):
    """The inverse of convert_flux_transformer_checkpoint_to_diffusers."""
    state, original = dict(state), {}
    for own, file in FLUX_ENDS.items():
        move(state, original, own, file)
    move(state, original, "norm_out.linear", "final_layer.adaLN_modulation.1", swapped)
    for block, stored_block, parts, norms, joined in (
        ("transformer_blocks", "double_blocks", FLUX_DOUBLE, FLUX_DOUBLE_NORMS, FLUX_DOUBLE_JOINED),
        ("single_transformer_blocks", "single_blocks", FLUX_SINGLE, FLUX_SINGLE_NORMS, FLUX_SINGLE_JOINED),
    ):
        for i in sorted({int(name.split(".")[1]) for name in state if name.startswith(f"{block}.")}):
            own, file = f"{block}.{i}.", f"{stored_block}.{i}."
            for name, stored in parts.items():
                move(state, original, own + name, file + stored)
            for name, stored in norms.items():
                original[f"{file}{stored}.scale"] = state.pop(f"{own}{name}.weight")
            for stored, names in joined.items():
                join(state, original, [own + name for name in names], file + stored)
    assert not state, list(state)
    return original
