"""What diffusers adds to each layer for a LoRA file, by component and path."""

import inspect
import re
from contextlib import contextmanager

import torch
from diffusers.loaders import lora_conversion_utils, lora_pipeline, single_file_utils
from peft.tuners.lora import LoraLayer


def layers(model, pattern=None):
    """Shapes of the weights of linear layers and convolutions by path."""
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    all = {name: tuple(module.weight.shape) for name, module in model.named_modules() if isinstance(module, kinds)}
    return {name: dims for name, dims in all.items() if pattern is None or re.search(pattern, name)}


@torch.no_grad()
def added_by_loaded(pipeline, lora):
    """After load_lora_weights: what PEFT's layers add."""
    pipeline.load_lora_weights(lora if isinstance(lora, str) else dict(lora), adapter_name="golden")
    added = {}
    for component, model in pipeline.components.items():
        for name, module in model.named_modules() if isinstance(model, torch.nn.Module) else []:
            if isinstance(module, LoraLayer) and "golden" in module.lora_A:
                down, up = module.lora_A["golden"].weight, module.lora_B["golden"].weight
                added[component, name] = module.scaling["golden"] * (up.flatten(1) @ down.flatten(1))
    pipeline.unload_lora_weights()
    return added


@contextmanager
def tiny_flux_readers(pipeline):
    """diffusers' readers of FLUX's LoRAs know the sizes of the published model alone; meanwhile those of the pipeline's."""
    config = pipeline.transformer.config
    width = config.num_attention_heads * config.attention_head_dim
    sizes = {
        "[3072, 3072, 3072, 12288]": f"[{width}, {width}, {width}, {4 * width}]",
        "inner_dim = 3072": f"inner_dim = {width}",
        "num_layers = 19": f"num_layers = {config.num_layers}",
        "num_single_layers = 38": f"num_single_layers = {config.num_single_layers}",
    }
    names = ["_convert_kohya_flux_lora_to_diffusers", "_convert_bfl_flux_control_lora_to_diffusers", "_convert_fal_kontext_lora_to_diffusers"]
    originals = {name: getattr(lora_pipeline, name) for name in names}
    for name, function in originals.items():
        source = inspect.getsource(function)
        for published, tiny in sizes.items():
            source = source.replace(published, tiny)
        own = {}
        exec(source, {**lora_conversion_utils.__dict__}, own)
        setattr(lora_pipeline, name, own[name])
    yield
    for name, function in originals.items():
        setattr(lora_pipeline, name, function)


def added_by_converted(state, pipeline, kind):
    """What FluxPipeline.lora_state_dict makes of the state."""
    if kind == "control":
        state = {**state, **norms_of(pipeline.transformer)}
    with tiny_flux_readers(pipeline):
        converted = {name.removeprefix("transformer."): value for name, value in pipeline.lora_state_dict(dict(state)).items()}
    downs = {name.removesuffix(".lora_A.weight"): value for name, value in converted.items() if name.endswith(".lora_A.weight")}
    return {("transformer", name): converted[f"{name}.lora_B.weight"] @ down for name, down in downs.items()}


def norms_of(transformer):
    """Norms of queries and keys, which a control LoRA replaces."""
    state = transformer.state_dict()
    streams = {"img_attn": ("norm_q", "norm_k"), "txt_attn": ("norm_added_q", "norm_added_k")}
    norms = {}
    for i in range(transformer.config.num_layers):
        for stream, (q, k) in streams.items():
            norms[f"double_blocks.{i}.{stream}.norm.query_norm.scale"] = state[f"transformer_blocks.{i}.attn.{q}.weight"]
            norms[f"double_blocks.{i}.{stream}.norm.key_norm.scale"] = state[f"transformer_blocks.{i}.attn.{k}.weight"]
    for i in range(transformer.config.num_single_layers):
        norms[f"single_blocks.{i}.norm.query_norm.scale"] = state[f"single_transformer_blocks.{i}.attn.norm_q.weight"]
        norms[f"single_blocks.{i}.norm.key_norm.scale"] = state[f"single_transformer_blocks.{i}.attn.norm_k.weight"]
    return norms


def added_by_single_file(state, pipeline, modules, scale):
    """For Stable Diffusion 3, whose LoRAs by its authors' names diffusers reads none of: what it makes of a checkpoint of differences."""
    names = {name: name.removeprefix("lora_unet_") for name, _ in modules}
    dotted = {}
    for name, own in modules:
        down, up = state[f"{name}.lora_down.weight"], state[f"{name}.lora_up.weight"]
        delta = scale(*own[0], down.shape[0]) / down.shape[0] * (up.flatten(1) @ down.flatten(1))
        dotted[names[name]] = delta
    checkpoint = {f"{undone(name)}.weight": delta for name, delta in dotted.items()}
    # Differences of biases are none; the reader wants them all.
    checkpoint |= {name.replace(".weight", ".bias"): delta[:, 0].clone() for name, delta in checkpoint.items()}
    checkpoint["pos_embed"] = torch.zeros(1)
    converted = single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers(checkpoint)
    known = {path for _, own in modules for _, path in own}
    return {("transformer", path): converted[f"{path}.weight"] for path in known}


def undone(name):
    """A flattened name with its dots: no step of the authors' names but these has an underscore."""
    kept = ["joint_blocks", "x_block", "context_block", "adaLN_modulation", "final_layer", "x_embedder", "context_embedder", "t_embedder", "y_embedder"]
    for step in kept:
        name = name.replace(step, step.replace("_", "~"))
    return name.replace("_", ".").replace("~", "_")
