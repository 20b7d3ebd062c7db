"""Weights of the tiny checkpoints, and how the published files lay them out."""

import torch
from safetensors.torch import save_file

# Names of the VAE's mid-block attention in files written before diffusers 0.18, which Stable Diffusion 1's and 2's are.
PUBLISHED_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def randomize(model, seed):
    """Weights large enough that every one of them shows in the output: norms near 1, the rest scaled by fan-in."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim == 1:
            parameter.data = noise * 0.1 + (1 if "norm" in name and name.endswith("weight") else 0)
        elif "embedding.weight" in name or name == "shared.weight":
            parameter.data = noise * 0.5
        else:
            parameter.data = noise / parameter[0].numel() ** 0.5
    return model.eval()


def text_state(model, position_ids):
    """transformers 5 leaves out the `text_model.` prefix of a CLIPTextModel, and `position_ids`, which older files have."""
    names = {name: name if name.startswith("text_") else f"text_model.{name}" for name in model.state_dict()}
    state = {names[name]: value.contiguous() for name, value in model.state_dict().items()}
    if position_ids:
        state["text_model.embeddings.position_ids"] = torch.arange(77).unsqueeze(0)
    return state


def published_vae(state):
    def rename(name):
        for new, old in PUBLISHED_ATTENTION.items():
            name = name.replace(f"mid_block.attentions.0.{new}.", f"mid_block.attentions.0.{old}.")
        return name

    return {rename(name): value for name, value in state.items()}


def save(state, path, half=False):
    save_file(state, path, metadata={"format": "pt"})
    if half:
        halved = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
        save_file(halved, path.with_suffix(".fp16.safetensors"), metadata={"format": "pt"})


def base_query(encoder, tokenizer):
    """The states of the empty prompt, `[1, tokens, width]`; CLIP's with its class row after them."""
    if encoder.config.model_type == "t5":
        ids = tokenizer("", padding="max_length", max_length=256, return_tensors="pt").input_ids
        return encoder(ids).last_hidden_state
    ids = tokenizer("", padding="max_length", max_length=77, return_tensors="pt").input_ids
    hidden = encoder(ids, output_hidden_states=True).hidden_states[-1]
    last = ids.argmax(-1).item()
    return torch.cat([hidden, hidden[:, last : last + 1]], dim=1)


@torch.no_grad()
def adapter_state(encoder, tokenizer, seed, blocks=10, ratio=4):
    """A PeCA of random weights, its base query the encoder's states of the empty prompt, as in the published files."""
    query = base_query(encoder, tokenizer)
    width = query.shape[-1]
    reduced = encoder.config.model_type == "t5"
    inner = width // ratio if reduced else width
    generator = torch.Generator().manual_seed(seed)

    def linear(name, rows, columns, gain=1.0):
        state[f"{name}.weight"] = gain * torch.randn(rows, columns, generator=generator) / columns**0.5
        state[f"{name}.bias"] = 0.1 * torch.randn(rows, generator=generator)

    state = {}
    if reduced:
        linear("pre_proj", inner, width)
        linear("post_proj", width, inner)
        query = torch.nn.functional.linear(query, state["pre_proj.weight"], state["pre_proj.bias"])
    state["base_query"] = query
    for i in range(blocks):
        for part in ("query", "key", "value", "proj"):
            linear(f"tf.{i}.attn.{part}", inner, inner, 2.0 if part in ("query", "key") else 1.0)
        linear(f"tf.{i}.ff.0", width // ratio, inner)
        linear(f"tf.{i}.ff.2", inner, width // ratio)
        for norm in ("norm1", "norm2"):
            state[f"tf.{i}.{norm}.weight"] = 1 + 0.1 * torch.randn(inner, generator=generator)
            state[f"tf.{i}.{norm}.bias"] = 0.1 * torch.randn(inner, generator=generator)
    return state
