"""The same LoRA factors under the names of every program, as diffusers reads them.
Run after the checkpoints: python tooling/golden/lora_formats.py test/golden/fixtures packages/formats/src/lora/fixtures

FAMILY.safetensors holds the factors under PEFT's names, as diffusers writes them, with alphas in the metadata. formats.json says
how other programs name the modules, which factors these share, and how their tensors' names end. Each format is built here from the
factors, loaded by diffusers, and must change each layer as the first file does; its names alone are written.
"""

import json
import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from lora_names import bfl, kohya, ldm, mmdit, swapped, xlabs
from lora_oracle import added_by_loaded, added_by_converted, added_by_single_file, layers
from safetensors.torch import save_file

PIPELINES = {
    "sd1": (StableDiffusionPipeline, "unet", ["text_encoder"]),
    "sdxl": (StableDiffusionXLPipeline, "unet", ["text_encoder", "text_encoder_2"]),
    "sd3": (StableDiffusion3Pipeline, "transformer", ["text_encoder", "text_encoder_2"]),
    "flux": (FluxPipeline, "transformer", ["text_encoder"]),
}
# Of UNets a layer of each kind and place, of transformers all; of text encoders one block.
UNET = r"conv_in$|conv_out$|embedding\.|blocks?\.(0\.|1\.|)(resnets\.0\.|attentions\.0\.proj|attentions\.0\.transformer_blocks\.0\.|\w+samplers)"
ENCODER = r"layers\.1\."
ENDINGS = {
    "PEFT": {"down": ".lora_A.weight", "up": ".lora_B.weight"},
    "kohya": {"down": ".lora_down.weight", "up": ".lora_up.weight", "alpha": ".alpha"},
    "layers": {"down": ".lora.down.weight", "up": ".lora.up.weight"},
    "linear layers": {"down": ".lora_linear_layer.down.weight", "up": ".lora_linear_layer.up.weight"},
    "down and up": {"down": ".down.weight", "up": ".up.weight"},
}


def factors_of(family, models):
    """Low-rank factors of each layer by component and path; layers that other programs join share the first."""
    generator = torch.Generator().manual_seed(len(family))
    shared, factors = {}, {}
    for component, paths in models.items():
        for path, dims in paths.items():
            group = (component, shared_group(path))
            rank = 3 if "to_out" in path or "conv1" in path else 2
            down = torch.randn((rank, *dims[1:]), generator=generator)
            up = torch.randn((dims[0], rank, *[1] * (len(dims) - 2)), generator=generator)
            factors[component, path] = shared.setdefault(group, down), up
    return factors


def shared_group(path):
    block, _, name = path.rpartition(".")
    joined = {"to_q": "qkv", "to_k": "qkv", "to_v": "qkv", "add_q_proj": "added", "add_k_proj": "added", "add_v_proj": "added"}
    if name == "proj_mlp":
        return f"{block}.attn.qkv"
    if "attn2" in path and "transformer_blocks.0.attn2.to_" in path and not path.startswith("transformer_blocks"):
        return path  # A UNet's cross-attention has other inputs.
    return f"{block}.{joined.get(name, name)}"


def alpha_of(component, path, rank):
    """One, but for some. diffusers takes the commonest alpha of kohya's files for all attention, so there it is one."""
    return 3.0 if "resnets.0.conv" in path or "ff." in path else 1.0


def metadata_of(factors):
    """PEFT's configuration as diffusers writes it, a field a key."""
    config = {}
    for component in {component for component, _ in factors}:
        own = {path: down.shape[0] for (each, path), (down, _) in factors.items() if each == component}
        config |= {f"{component}.r": 2, f"{component}.lora_alpha": 1.0, f"{component}.target_modules": sorted(own)}
        config[f"{component}.rank_pattern"] = {path: rank for path, rank in own.items() if rank != 2}
        alphas = {path: alpha_of(component, path, rank) for path, rank in own.items()}
        config[f"{component}.alpha_pattern"] = {path: alpha for path, alpha in alphas.items() if alpha != 1}
    return {"format": "pt", "lora_adapter_metadata": json.dumps(config, sort_keys=True)}


def state_of(factors, modules, ending, alpha):
    state = {}
    for name, layers in modules:
        down, _ = factors[layers[0]]
        ups = [factors[layer][1] for layer in layers]
        # The last norms' halves, shift and scale, lie the other way round in diffusers.
        is_last_norm = "adaLN" in name and len(ups[0]) == 2 * down.shape[1]
        up = swapped(ups[0]) if is_last_norm else torch.cat(ups)
        state[name + ending["down"]] = down.clone()
        state[name + ending["up"]] = up.clone()
        if "alpha" in ending:
            state[name + ending["alpha"]] = torch.tensor(alpha(*layers[0], down.shape[0]))
    return state


def formats_of(family, unet, encoders, factors):
    """Name, endings, modules, and which oracle reads it."""
    denoiser = [path for component, path in factors if component == unet]
    attention = [(c, p) for c, p in factors if ".to_" in p or "self_attn" in p]
    if family in ("sd1", "sdxl"):
        texts = [layer for layer in factors if layer[0] != unet]
        yield "diffusers, processors", "down and up", [(processor_name(*layer), [layer]) for layer in attention], "loaded"
        yield "diffusers, layers", "layers", [(".".join(layer), [layer]) for layer in attention if layer[0] == unet], "loaded"
        yield "diffusers, linear layers", "linear layers", [(".".join(layer), [layer]) for layer in texts], "loaded"
        # diffusers mistakes this one name, which kohya's files have as LDM's.
        plain = {layer: value for layer, value in factors.items() if "add_embedding" not in layer[1]}
        yield "kohya", "kohya", kohya(unet, encoders, plain), "loaded"
    if family == "sdxl":
        names = [("lora_unet_" + ldm(path, LAYERS[unet]).replace(".", "_"), [(unet, path)]) for path in denoiser]
        yield "kohya, LDM", "kohya", names, "loaded"
    if family in ("sd3", "flux"):
        modules = [(name, [(unet, path) for path in paths]) for name, paths in (mmdit if family == "sd3" else bfl)(denoiser)]
        flat = [("lora_unet_" + name.replace(".", "_"), layers) for name, layers in modules]
        yield "kohya", "kohya", flat, "converted" if family == "flux" else "single file"
    if family == "flux":
        blocks = [(name, layers) for name, layers in modules if "blocks." in name or name == "final_layer.linear"]
        streams = [(name, [(unet, path) for path in paths]) for name, paths in xlabs(denoiser)]
        yield "XLabs", "down and up", streams, "converted"
        yield "BFL", "PEFT", modules, "control"
        yield "fal", "PEFT", [(f"base_model.model.{name}", layers) for name, layers in blocks], "converted"


def full(path):
    return path if path.startswith("text_") else f"text_model.{path}"


def processor_name(component, path):
    if component.startswith("text"):
        path = full(path)
        for new, old in {"q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out"}.items():
            path = path.replace(f"self_attn.{new}", f"self_attn.{old}_lora")
        return f"{component}.{path}"
    block, _, name = path.removesuffix(".0").rpartition(".")
    return f"{component}.{block}.processor.{name}_lora"


LAYERS = {}


def main(fixtures: Path, out: Path):
    written = {}
    for family, (kind, unet, encoders) in PIPELINES.items():
        pipeline = kind.from_pretrained(fixtures / family, torch_dtype=torch.float32)
        for component in (unet, *encoders):
            LAYERS[component] = layers(getattr(pipeline, component))
        models = {unet: layers(getattr(pipeline, unet), UNET if unet == "unet" else None)}
        models |= {encoder: layers(getattr(pipeline, encoder), ENCODER) for encoder in encoders}
        factors = factors_of(family, models)
        base = {}
        for (component, path), (down, up) in factors.items():
            base |= {f"{component}.{path}.lora_A.weight": down.clone(), f"{component}.{path}.lora_B.weight": up}
        save_file(base, out / f"{family}.safetensors", metadata=metadata_of(factors))
        compare(added_by_loaded(pipeline, str(out / f"{family}.safetensors")), factors, alpha_of, f"{family} PEFT")
        written[family] = []
        for name, ending, modules, oracle in formats_of(family, unet, encoders, factors):
            # diffusers leaves the alphas of the last layers away, and those of whole text encoders are one.
            alpha = (lambda c, p, rank: float(rank) if p in ("norm_out.linear", "proj_out") and oracle == "converted" else alpha_of(c, p, rank))
            scale = alpha if "alpha" in ENDINGS[ending] else (lambda c, p, rank: float(rank))
            state = state_of(factors, modules, ENDINGS[ending], alpha)
            own = {layer: factors[layer] for _, all in modules for layer in all}
            if oracle == "loaded":
                added = added_by_loaded(pipeline, state)
            elif oracle == "single file":
                added = added_by_single_file(state, pipeline, modules, scale)
            else:
                added = added_by_converted(state, pipeline, oracle)
            if oracle == "control":
                # diffusers turns this one's first factor round too, which mixes its ranks.
                for all in (own, added):
                    all.pop(("transformer", "norm_out.linear"))
            compare(added, own, scale, f"{family} {name}")
            order = list(factors)
            listed = [[module, *[order.index(layer) for layer in all]] for module, all in modules]
            written[family].append({"name": name, "endings": ENDINGS[ending], "modules": listed})
        names = [f"{component}.{path}" for component, path in factors]
        written[family] = {"layers": names, "formats": written[family]}
    (out / "formats.json").write_text(lines(written) + "\n")


def lines(value):
    """JSON with a line for each innermost list."""
    if isinstance(value, dict):
        return "{" + ",\n".join(f"{json.dumps(key)}: {lines(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        return "[\n" + ",\n".join(lines(each) for each in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))


def compare(added, factors, alpha, what):
    expected = {layer: alpha(*layer, down.shape[0]) / down.shape[0] * (up.flatten(1) @ down.flatten(1)) for layer, (down, up) in factors.items()}
    missing, more = expected.keys() - added.keys(), added.keys() - expected.keys()
    assert not missing and not more, f"{what}: missing {sorted(missing)[:5]}, more {sorted(more)[:5]}"
    for layer, delta in expected.items():
        torch.testing.assert_close(added[layer].flatten(1), delta, rtol=1e-5, atol=1e-5, msg=lambda text: f"{what} {layer}: {text}")
    print(what, len(expected))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
