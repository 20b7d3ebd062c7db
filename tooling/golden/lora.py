"""Whole runs with LoRAs, as diffusers and PEFT draw them, and the LoRAs themselves.

Run after the checkpoints with a folder that has the authors' package (https://github.com/Burf/DrUM at 359c99f) as `drum`:
python tooling/golden/lora.py test/golden/fixtures AUTHORS_FOLDER

`loras/<name>.safetensors` are in the form that diffusers saves, but for a LoKr, which is in LyCORIS' own. A case's `loras` has their scales by
name, in the order in which they are loaded. A personal case's condition is the authors' own, with text encoders that have the LoRAs merged in; the
adapter's constant query is the plain encoder's, as where the authors' wrapper is made before a LoRA is loaded.
"""

import sys
from pathlib import Path

import torch
import transformers.integrations.peft
from diffusers import FluxPipeline, StableDiffusion3Pipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from peft import LoKrConfig, LoraConfig, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from personal import ENCODERS, MIXES, adapted
from runs import NEGATIVE, PROMPTS, write
from safetensors import safe_open
from safetensors.torch import load_file, save_file

# transformers asks for a version of PEFT that there is not yet; the last one does.
transformers.integrations.peft.MIN_PEFT_VERSION = "0.18.0"

PIPELINES = {"sd1": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline, "sd3": StableDiffusion3Pipeline, "flux": FluxPipeline}
# By the components' names; PEFT takes a list of ends of names, or a pattern.
CLIP = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
UNET = [*ATTENTION, "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "conv1", "conv2", "conv", "conv_shortcut", "time_emb_proj", "conv_in", "linear_1"]
JOINT = [*ATTENTION, "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out", "norm1.linear", "norm1_context.linear", "ff.net.2", "pos_embed.proj", "proj_out"]
FLUX = [*JOINT[:-2], "norm.linear", "proj_mlp", "proj_out", "x_embedder", "context_embedder"]
T5 = ["q", "k", "v", "o", "wi_0", "wi_1", "wo"]

# Of each file: the checkpoint, and what it has for which component.
FILES = {
    "sd1-style": ("sd1", {"unet": {"r": 2, "lora_alpha": 4, "target_modules": UNET}, "text_encoder": {"r": 2, "lora_alpha": 1, "target_modules": CLIP}}),
    "sd1-sketch": ("sd1", {"unet": {"r": 3, "lora_alpha": 3, "target_modules": ATTENTION}}),
    "sd1-dora": (
        "sd1",
        {
            "unet": {"r": 2, "lora_alpha": 2, "target_modules": [*ATTENTION, "conv1", "proj_in"], "use_dora": True},
            "text_encoder": {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "fc1"], "use_dora": True},
        },
    ),
    "sdxl-style": (
        "sdxl",
        {
            "unet": {"r": 2, "lora_alpha": 4, "target_modules": [*ATTENTION, "proj_in", "ff.net.0.proj", "linear_2"]},
            "text_encoder": {"r": 2, "lora_alpha": 2, "target_modules": CLIP},
            "text_encoder_2": {"r": 1, "lora_alpha": 1, "target_modules": ["q_proj", "v_proj"]},
        },
    ),
    "sd3-style": (
        "sd3",
        {
            "transformer": {"r": 2, "lora_alpha": 4, "target_modules": JOINT},
            "text_encoder": {"r": 2, "lora_alpha": 2, "target_modules": CLIP},
            "text_encoder_2": {"r": 1, "lora_alpha": 1, "target_modules": ["q_proj", "v_proj"]},
        },
    ),
    "flux-style": (
        "flux",
        {
            "transformer": {"r": 2, "lora_alpha": 4, "target_modules": FLUX},
            "text_encoder": {"r": 2, "lora_alpha": 2, "target_modules": CLIP},
            "text_encoder_2": {"r": 2, "lora_alpha": 2, "target_modules": T5},
        },
    ),
}
# In LyCORIS' names, which diffusers does not read: PEFT computes it.
LOKR = {"r": 1, "alpha": 1, "target_modules": [*ATTENTION, "conv1", "proj_in", "ff.net.2"]}
# How far the factors are from zero.
STRENGTH = {"sd1-style": 0.25, "sd1-sketch": 0.3, "sd1-dora": 0.3, "sdxl-style": 0.3, "sd3-style": 0.3, "flux-style": 0.3, "sd1-lokr": 0.3}

PROFILE = {"references": ["a watercolor painting of a small house by the lake", "neon lights, reflections on wet ground"], "intensities": [5.0, 1.0], "alpha": 0.3}
DEFAULTS = {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "seed": 5, "steps": 3, "height": 64, "width": 64}
GUIDANCE = {"sd1": 7.5, "sdxl": 5.0, "sd3": 7.0, "flux": 3.5}
CASES = {
    "sd1": {"loras": {"sd1-style": 1.0}, "conditions": True, "prompt": PROMPTS, "negative_prompt": NEGATIVE},
    "sd1.half": {"loras": {"sd1-style": 0.5}},
    "sd1.negative": {"loras": {"sd1-sketch": -0.6}},
    "sd1.two": {"loras": {"sd1-style": 0.7, "sd1-sketch": 1.2}, "conditions": True},
    "sd1.one-off": {"loras": {"sd1-style": 0.0, "sd1-sketch": 0.9}},
    "sd1.dora": {"loras": {"sd1-dora": 0.8}, "conditions": True},
    "sd1.dora-between": {"loras": {"sd1-sketch": 0.5, "sd1-dora": 0.7, "sd1-style": 0.6}},
    "sd1.lokr": {"loras": {"sd1-lokr": 0.9}},
    "sdxl": {"loras": {"sdxl-style": 0.8}, "conditions": True},
    "sd3": {"loras": {"sd3-style": 0.8}},
    "flux": {"loras": {"flux-style": 0.8}, "negative_prompt": None, "max_sequence_length": 256},
    "sd1.personal": {"loras": {"sd1-style": 0.8}, "personal": PROFILE, "conditions": True},
    "sd1.personal-dora": {"loras": {"sd1-dora": 0.8, "sd1-sketch": 0.5}, "personal": PROFILE, "conditions": True},
    "sdxl.personal": {"loras": {"sdxl-style": 0.6}, "personal": PROFILE},
}


def opened(root: Path, kind):
    own = {"add_watermarker": False} if kind == "sdxl" else {}
    return PIPELINES[kind].from_pretrained(root / kind, dtype=torch.float32, **own)


def fill(model, strength, generator):
    for name, parameter in model.named_parameters():
        if "magnitude" in name:
            parameter.data.mul_(0.7 + 0.6 * torch.rand(parameter.shape, generator=generator))
        elif "lora_" in name or "lokr_" in name:
            parameter.data.copy_(strength * torch.randn(parameter.shape, generator=generator))


def make_files(root: Path):
    folder = root / "loras"
    folder.mkdir(exist_ok=True)
    for i, (name, (kind, parts)) in enumerate(FILES.items()):
        generator = torch.Generator().manual_seed(100 + i)
        pipe = opened(root, kind)
        layers, configs = {}, {}
        for component, config in parts.items():
            model = getattr(pipe, component)
            configs[component] = LoraConfig(**config)
            model.add_adapter(configs[component], adapter_name="default")
            fill(model, STRENGTH[name], generator)
            layers[component] = get_peft_model_state_dict(model)
        # diffusers has no place for T5's in its own call.
        others = {f"text_encoder_2.{path}": value for path, value in layers.pop("text_encoder_2", {}).items()} if kind == "flux" else {}
        arguments = {f"{component}_lora_layers": state for component, state in layers.items()}
        metadata = {f"{component}_lora_adapter_metadata": configs[component].to_dict() for component in layers}
        type(pipe).save_lora_weights(folder, **arguments, **metadata, weight_name=f"{name}.safetensors")
        path = folder / f"{name}.safetensors"
        dtype = torch.float32 if name == "sd1-dora" else torch.float16
        state = {tensor: value.to(dtype) for tensor, value in {**load_file(path), **others}.items()}
        save_file(state, path, metadata_of(path))
    generator = torch.Generator().manual_seed(99)
    unet = opened(root, "sd1").unet
    inject_adapter_in_model(LoKrConfig(**LOKR, init_weights=False), unet, "default")
    fill(unet, STRENGTH["sd1-lokr"], generator)
    state = {}
    for path, value in get_peft_model_state_dict(unet).items():
        layer, factor = path.rsplit(".", 1)
        flat = f"lora_unet_{layer.replace('.', '_')}"
        state[f"{flat}.{factor}"], state[f"{flat}.alpha"] = value.to(torch.bfloat16), torch.tensor(float(LOKR["alpha"]))
    save_file(state, folder / "sd1-lokr.safetensors")


def metadata_of(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


def load(root: Path, pipe, name):
    """As diffusers does it, and by PEFT alone where that reads none."""
    path = root / f"loras/{name}.safetensors"
    if name == "sd1-lokr":
        inject_adapter_in_model(LoKrConfig(**LOKR), pipe.unet, name)
        state = {}
        layers = {f"lora_unet_{layer.replace('.', '_')}": layer for layer, _ in pipe.unet.named_modules()}
        for tensor, value in load_file(path).items():
            flat, factor = tensor.split(".")
            if factor != "alpha":
                state[f"{layers[flat]}.{factor}"] = value
        found = set_peft_model_state_dict(pipe.unet, state, name)
        assert not found.unexpected_keys, found.unexpected_keys
        return
    pipe.load_lora_weights(path, adapter_name=name)
    for component, config in FILES[name][1].items():
        model = getattr(pipe, component)
        prefix = f"{component}."
        state = {tensor.removeprefix(prefix): value for tensor, value in load_file(path).items() if tensor.startswith(prefix)}
        if pipe.__class__ is FluxPipeline and component == "text_encoder_2":
            inject_adapter_in_model(LoraConfig(**config), model, name)
        # Into text encoders neither diffusers nor transformers brings magnitudes.
        found = set_peft_model_state_dict(model, {tensor.replace("lora_magnitude_vector.weight", "lora_magnitude_vector"): value for tensor, value in state.items()}, name)
        assert not found.unexpected_keys, found.unexpected_keys
        loaded = get_peft_model_state_dict(model, adapter_name=name)
        assert len(loaded) == len(state), (len(loaded), len(state))


def rescale(model, name, scale):
    for module in model.modules():
        if isinstance(module, BaseTunerLayer) and name in module.scaling:
            module.scaling[name] *= scale


def with_loras(root: Path, case):
    pipe = opened(root, case["checkpoint"])
    names = list(case["loras"])
    for name in names:
        load(root, pipe, name)
    if names == ["sd1-lokr"]:
        rescale(pipe.unet, names[0], case["loras"][names[0]])
    else:
        pipe.set_adapters(names, list(case["loras"].values()))
    if case["checkpoint"] == "flux":
        rescale(pipe.text_encoder_2, names[0], case["loras"][names[0]])
    return pipe


def encoder_names(kind):
    return [f"text_encoder_{i + 1}" if i else "text_encoder" for i in range(len(ENCODERS[kind]))]


def personal_condition(root: Path, backbone, wrapper, case):
    """The authors' condition with text encoders that have the LoRAs merged in; their adapters' query stays the plain encoders'."""
    kind = case["checkpoint"]
    plain = opened(root, kind)
    models = [adapted(backbone, plain, root, kind, i, name) for i, name in enumerate(ENCODERS[kind])]
    merged = with_loras(root, case)
    for model, name in zip(models, encoder_names(kind)):
        encoder = getattr(merged, name)
        for module in encoder.modules():
            if isinstance(module, BaseTunerLayer):
                module.merge()
        state = {path.replace(".base_layer", ""): value for path, value in encoder.state_dict().items() if "lora_" not in path}
        own = model.model.state_dict()
        renamed = {path if path in own else f"text_model.{path}": value for path, value in state.items()}
        missing = model.model.load_state_dict(renamed, strict=False)
        assert not missing.unexpected_keys and all("projection" in path for path in missing.missing_keys), missing
    personal = case["personal"]
    mix = getattr(wrapper, MIXES[kind])(*models)
    embeds, pooled = mix(case["prompt"], personal["references"], weight=personal["intensities"], alpha=personal["alpha"])
    found = {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
    return {name: tensor.float() for name, tensor in found.items() if tensor is not None}


@torch.no_grad()
def main(root: Path, authors: str):
    sys.path.insert(0, authors)
    from drum import backbone, wrapper

    make_files(root)

    def conditions(pipe, case):
        if case.get("personal"):
            return personal_condition(root, backbone, wrapper, case)
        names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
        arguments = {"device": "cpu", "negative_prompt": case["negative_prompt"]}
        own = {"num_images_per_prompt": 1, "do_classifier_free_guidance": True} if case["checkpoint"] == "sd1" else {}
        return dict(zip(names, pipe.encode_prompt(case["prompt"], **arguments, **own)))

    cases = {}
    for key, case in CASES.items():
        kind = key.split(".")[0]
        cases[key] = {"checkpoint": kind, "guidance_scale": GUIDANCE[kind], **case}
    write(root, "lora", lambda case: with_loras(root, case), DEFAULTS, cases, conditions)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
