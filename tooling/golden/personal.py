"""Whole personalised runs: conditions by the authors' own code, pictures by diffusers' pipelines from those conditions.

Run after the checkpoints with a folder that has the authors' package (https://github.com/Burf/DrUM at 359c99f) as `drum`:
python tooling/golden/personal.py test/golden/fixtures AUTHORS_FOLDER

All references are used: the published code draws a coreset of one out of three. A case's `personal` has the profile's references,
their intensities (null: all alike) and alpha; its negative prompt is encoded by the pipeline, as without a profile.
"""

import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from runs import NEGATIVE, PROMPTS, write
from safetensors.torch import load_file
from transformers import CLIPTextModelWithProjection

PIPELINES = {
    "sd1": StableDiffusionPipeline,
    "sd2": StableDiffusionPipeline,
    "sdxl": StableDiffusionXLPipeline,
    "sd3": StableDiffusion3Pipeline,
    "sd35": StableDiffusion3Pipeline,
    "flux": FluxPipeline,
}
# The encoders of Table 1 by their adapters' names, in the order of the pipeline's `text_encoder`, `text_encoder_2` …
ENCODERS = {"sd1": ["L"], "sd2": ["H"], "sdxl": ["L", "bigG"], "sd3": ["L", "bigG", "T5"], "sd35": ["L", "bigG", "T5"], "flux": ["L", "T5"]}
MIXES = {
    "sd1": "stable_diffusion",
    "sd2": "stable_diffusion_v2",
    "sdxl": "stable_diffusion_xl",
    "sd3": "stable_diffusion_v3",
    "sd35": "stable_diffusion_v3",
    "flux": "flux",
}
GUIDANCE = {"sd1": 7.5, "sd2": 7.5, "sdxl": 5.0, "sd3": 7.0, "sd35": 7.0, "flux": 3.5}

REFERENCES = ["a watercolor painting of a small house by the lake", "black and white drawing of a tiger, pencil sketch", "neon lights, reflections on wet ground"]
PROFILE = {"references": REFERENCES, "intensities": [5.0, 1.0, 2.5], "alpha": 0.3}
DEFAULTS = {"prompt": PROMPTS, "negative_prompt": NEGATIVE, "seed": 21, "steps": 3, "height": 64, "width": 64}


def cases():
    for kind in PIPELINES:
        flow = {"max_sequence_length": 256} if "T5" in ENCODERS[kind] else {}
        negative = {"negative_prompt": None} if kind == "flux" else {}
        of_kind = {"checkpoint": kind, "guidance_scale": GUIDANCE[kind], **flow}
        # Conditions of T5 are large: those of one prompt are kept.
        yield kind, {**of_kind, **negative, "personal": PROFILE, "conditions": not flow}
        strong = {"prompt": PROMPTS[:1], "negative_prompt": None, "conditions": kind != "sd35", "personal": {**PROFILE, "alpha": 0.7}}
        yield f"{kind}.strong", {**of_kind, **strong}
    alike = {"references": REFERENCES[:2], "intensities": None, "alpha": 0.3}
    one = {"prompt": PROMPTS[1:], "negative_prompt": NEGATIVE[1:], "conditions": True}
    yield "sd1.alike", {"checkpoint": "sd1", "guidance_scale": 7.5, **one, "personal": alike}
    yield "sdxl.alike", {"checkpoint": "sdxl", "guidance_scale": 5.0, **one, "personal": alike}
    true_cfg = {"prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "true_cfg_scale": 2.0, "personal": PROFILE}
    yield "flux.true-cfg", {"checkpoint": "flux", "guidance_scale": 3.5, "max_sequence_length": 256, **true_cfg}


def adapted(backbone, pipe, root: Path, kind, i, name):
    """An encoder with its adapter, as the authors' `peca` puts them together."""
    number = f"_{i + 1}" if i else ""
    encoder, tokenizer = getattr(pipe, f"text_encoder{number}"), getattr(pipe, f"tokenizer{number}")
    if name != "T5":
        # The authors' code asks for `text_model`, which transformers 5 has in the model with a projection alone.
        whole = CLIPTextModelWithProjection(encoder.config).eval()
        own = getattr(encoder, "text_model", encoder)
        whole.text_model.load_state_dict(own.state_dict())
        if hasattr(encoder, "text_projection"):
            whole.text_projection.load_state_dict(encoder.text_projection.state_dict())
        encoder = whole
    reduced = {"encode_ratio": 4} if name == "T5" else {}
    model = backbone(encoder, tokenizer, n_layer=10, pos=False, cls_pos=False, dropout=0.0, **reduced).eval()
    model.adapter.load_state_dict(load_file(root / f"adapters/weight/{name}.safetensors"))
    states, pooled = model.encode_prompt("", pooling=True, normalize=False, normalize_pool=False)
    # In float32 the two sums of ten blocks can differ by more than what is asked of the product.
    model.adapter.double()
    model.adapter.set_base_query(states if pooled is None else torch.cat([states, pooled.unsqueeze(1)], dim=1))
    return model


@torch.no_grad()
def main(root: Path, authors: str):
    sys.path.insert(0, authors)
    from drum import backbone, wrapper

    pipes, mixes = {}, {}
    for kind, pipeline in PIPELINES.items():
        own = {"add_watermarker": False} if kind == "sdxl" else {}
        pipe = pipes[kind] = pipeline.from_pretrained(root / kind, dtype=torch.float32, **own)
        encoders = [adapted(backbone, pipe, root, kind, i, name) for i, name in enumerate(ENCODERS[kind])]
        mixes[kind] = getattr(wrapper, MIXES[kind])(*encoders)

    def condition(pipe, case):
        personal = case["personal"]
        embeds, pooled = mixes[case["checkpoint"]](case["prompt"], personal["references"], weight=personal["intensities"], alpha=personal["alpha"])
        found = {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
        return {name: tensor.float() for name, tensor in found.items() if tensor is not None}

    write(root, "personal", pipes, DEFAULTS, dict(cases()), condition, personal=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
