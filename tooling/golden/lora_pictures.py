"""Whole runs with LoRA files in other programs' names, as diffusers draws them: kohya's and XLabs' loaded by diffusers itself, LyCORIS'
through its own modules.

Run after the checkpoints, with lycoris-lora 4.1.3 installed beside the requirements (it needs nothing more): python tooling/golden/lora_pictures.py test/golden/fixtures
Writes `lora-formats.{json,safetensors}`, and the files into `loras/`.
"""

import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from lora_formats import full
from lora_names import bfl, kohya, ldm, xlabs
from lora_oracle import layers, tiny_flux_readers
from lycoris.modules.full import FullModule
from lycoris.modules.locon import LoConModule
from lycoris.modules.lokr import LokrModule
from runs import NEGATIVE, PROMPTS, write
from safetensors.torch import load_file, save_file

PIPELINES = {"sd1": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline, "flux": FluxPipeline}
DEFAULTS = {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "seed": 5, "steps": 2, "height": 32, "width": 32}
CASES = {
    "sd1.kohya": {"checkpoint": "sd1", "guidance_scale": 7.5, "loras": {"sd1-kohya": 0.8}},
    "sdxl.kohya": {"checkpoint": "sdxl", "guidance_scale": 5.0, "loras": {"sdxl-kohya": 0.7}},
    "flux.kohya": {"checkpoint": "flux", "guidance_scale": 3.5, "negative_prompt": None, "max_sequence_length": 256, "loras": {"flux-kohya": 0.8}},
    "flux.xlabs": {"checkpoint": "flux", "guidance_scale": 3.5, "negative_prompt": None, "max_sequence_length": 256, "loras": {"flux-xlabs": 1.2}},
    "sd1.lycoris": {"checkpoint": "sd1", "guidance_scale": 7.5, "loras": {"sd1-lycoris": 1.0}},
    "sd1.lycoris-part": {"checkpoint": "sd1", "guidance_scale": 7.5, "loras": {"sd1-lycoris": 0.6}},
    # At other scales LyCORIS scales the magnitudes' effect, PEFT the factors.
    "sd1.lycoris-dora": {"checkpoint": "sd1", "guidance_scale": 7.5, "loras": {"sd1-lycoris-dora": 1.0}},
}
BLOCK = "attentions.0.transformer_blocks.0"
# Kind, and how LyCORIS makes it, by the layer's component and path.
LYCORIS = {
    ("unet", "down_blocks.0.resnets.0.conv1"): (LoConModule, {"lora_dim": 2, "alpha": 1, "use_tucker": True}),
    ("unet", "down_blocks.0.resnets.1.conv2"): (LoConModule, {"lora_dim": 2, "alpha": 3}),
    ("unet", f"down_blocks.0.{BLOCK}.attn1.to_q"): (LoConModule, {"lora_dim": 3, "alpha": 2}),
    ("unet", f"down_blocks.0.{BLOCK}.attn1.to_k"): (LokrModule, {"lora_dim": 8, "alpha": 1, "factor": 4}),
    ("unet", f"down_blocks.0.{BLOCK}.ff.net.0.proj"): (LokrModule, {"lora_dim": 2, "alpha": 1, "factor": 4}),
    ("unet", "down_blocks.1.resnets.0.conv1"): (LokrModule, {"lora_dim": 1, "alpha": 2, "factor": 4}),
    ("unet", "mid_block.resnets.0.conv1"): (LokrModule, {"lora_dim": 1, "alpha": 2, "factor": 4, "use_tucker": True}),
    ("unet", "time_embedding.linear_2"): (LokrModule, {"lora_dim": 1, "alpha": 0.5, "decompose_both": True}),
    ("unet", "mid_block.attentions.0.proj_in"): (FullModule, {}),
    ("unet", "time_embedding.linear_1"): (FullModule, {}),
    ("unet", "conv_out"): (FullModule, {}),
    ("text_encoder", "encoder.layers.0.mlp.fc1"): (LoConModule, {"lora_dim": 2, "alpha": 1}),
}
OUT, IN = {"weight_decompose": True, "wd_on_out": True}, {"weight_decompose": True, "wd_on_out": False}
DORA = {
    ("unet", "down_blocks.0.resnets.0.conv1"): (LoConModule, {"lora_dim": 2, "alpha": 1, **OUT}),
    ("unet", "down_blocks.0.resnets.1.conv2"): (LoConModule, {"lora_dim": 2, "alpha": 1, **IN}),
    ("unet", f"down_blocks.0.{BLOCK}.attn1.to_q"): (LoConModule, {"lora_dim": 2, "alpha": 2, **OUT}),
    ("unet", f"down_blocks.0.{BLOCK}.attn2.to_k"): (LoConModule, {"lora_dim": 2, "alpha": 2, **IN}),
    ("unet", f"down_blocks.0.{BLOCK}.ff.net.0.proj"): (LokrModule, {"lora_dim": 2, "alpha": 1, "factor": 4, **OUT}),
}


def opened(root, kind):
    own = {"add_watermarker": False} if kind == "sdxl" else {}
    return PIPELINES[kind].from_pretrained(root / kind, dtype=torch.float32, **own)


def named_modules(pipe, kind, table):
    """Names and the layers behind them, of what a kohya or XLabs file has."""
    if kind == "flux":
        paths = list(layers(pipe.transformer))
        # diffusers loses what is outside of blocks.
        return [(name, [("transformer", path) for path in own]) for name, own in table(paths) if "blocks." in name]
    pattern = {"sd1": r"attn|ff\.|conv1|proj_in|self_attn|mlp", "sdxl": r"attn1|attn2\.to_k|ff\.net\.2|conv2|samplers|time_emb_proj|self_attn|fc2"}[kind]
    encoders = ["text_encoder"] if kind == "sd1" else ["text_encoder", "text_encoder_2"]
    own = [("unet", path) for path in layers(pipe.unet, pattern)] + [(encoder, path) for encoder in encoders for path in layers(getattr(pipe, encoder), pattern)]
    return kohya("unet", encoders, own) if kind == "sd1" else sgm(pipe, encoders, own)


def sgm(pipe, encoders, own):
    all = layers(pipe.unet)
    texts = kohya("unet", encoders, [layer for layer in own if layer[0] != "unet"])
    return [("lora_unet_" + ldm(path, all).replace(".", "_"), [("unet", path)]) for component, path in own if component == "unet"] + texts


def make_files(root: Path):
    folder = root / "loras"
    folder.mkdir(exist_ok=True)
    for i, (name, kind, table) in enumerate([("sd1-kohya", "sd1", None), ("sdxl-kohya", "sdxl", None), ("flux-kohya", "flux", bfl), ("flux-xlabs", "flux", xlabs)]):
        generator = torch.Generator().manual_seed(200 + i)
        pipe = opened(root, kind)
        state = {}
        for module, own in named_modules(pipe, kind, table):
            dims = [tuple(getattr(pipe, component).get_submodule(path).weight.shape) for component, path in own]
            flat = module if "lora_" in module else "lora_unet_" + module.replace(".", "_")
            down, up, alpha = (f"{module}.down.weight", f"{module}.up.weight", None) if name == "flux-xlabs" else (f"{flat}.lora_down.weight", f"{flat}.lora_up.weight", f"{flat}.alpha")
            kernel, ones = dims[0][2:], [1] * (len(dims[0]) - 2)
            state[down] = 0.3 * torch.randn((2, dims[0][1], *kernel), generator=generator)
            state[up] = 0.3 * torch.randn((sum(out for out, *_ in dims), 2, *ones), generator=generator)
            if alpha:
                state[alpha] = torch.tensor(1.0 if "conv" not in module and "layers" not in module else 3.0)
        save_file({tensor: value.half() for tensor, value in state.items()}, folder / f"{name}.safetensors")
    for i, (name, table) in enumerate([("sd1-lycoris", LYCORIS), ("sd1-lycoris-dora", DORA)]):
        state = {}
        for prefix, module in lycoris_modules(opened(root, "sd1"), table, 300 + i):
            state |= {f"{prefix}.{part}": value.detach().clone().contiguous() for part, value in module.custom_state_dict().items()}
        save_file(state, folder / f"{name}.safetensors")


def lycoris_modules(pipe, table, seed):
    """LyCORIS' own modules, which take the places of their layers, with factors of their own each."""
    generator = torch.Generator().manual_seed(seed)
    for (component, path), (kind, settings) in table.items():
        prefix = f"lora_unet_{path}" if component == "unet" else f"lora_te_{full(path)}"
        module = kind(prefix.replace(".", "_"), getattr(pipe, component).get_submodule(path), 1.0, **settings)
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name == "dora_scale":
                parameter.data *= 1 + 0.2 * noise
            else:
                parameter.data = noise * (0.05 if kind is FullModule else 0.3)
        module.apply_to()
        yield prefix.replace(".", "_"), module.eval()


@torch.no_grad()
def with_loras(root, case):
    kind = case["checkpoint"]
    pipe = opened(root, kind)
    [(name, scale)] = case["loras"].items()
    path = root / f"loras/{name}.safetensors"
    if "lycoris" in name:
        table, seed = (DORA, 301) if "dora" in name else (LYCORIS, 300)
        saved = load_file(path)
        for prefix, module in lycoris_modules(pipe, table, seed):
            for part, value in module.custom_state_dict().items():
                assert torch.equal(saved[f"{prefix}.{part}"], value), f"{prefix}.{part}"
            # Merging scales a LoKr twice in this version, so that the layers run as in training.
            module.multiplier = scale
        return pipe
    if kind == "flux":
        with tiny_flux_readers(pipe):
            pipe.load_lora_weights(path, adapter_name=name)
    else:
        pipe.load_lora_weights(path, adapter_name=name)
    pipe.set_adapters([name], [scale])
    return pipe


if __name__ == "__main__":
    root = Path(sys.argv[1])
    make_files(root)
    write(root, "lora-formats", lambda case: with_loras(root, case), DEFAULTS, CASES, lambda pipe, case: {})
