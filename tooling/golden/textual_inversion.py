"""Textual inversions in each of their formats, and whole runs of diffusers with them. Run after the checkpoints: python tooling/golden/textual_inversion.py test/golden/fixtures

Rows are drawn as wide as the tables' own, so that a wrong one shows. Of Stable Diffusion XL's two encoders and FLUX's T5, diffusers takes a
file's tensors one by one. Of a token with capitals and several vectors it reads the first alone, so here that goes by its name in
small letters.
"""

import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from runs import write
from safetensors.torch import save_file

CLASSES = {"sd1": StableDiffusionPipeline, "sd2": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline, "flux": FluxPipeline}
# Of each file: its checkpoint, the token it goes by, and its tensors with the encoder that each is for, the rows, and whether one row is a vector.
FILES = {
    "cat-toy/learned_embeds": ("sd1", "<cat-toy>", {"<cat-toy>": ("", 1, True)}),
    "style": ("sd1", "<my-style>", {"<My-Style>": ("", 3, False)}),
    "easynegative": ("sd1", "easynegative", {"emb_params": ("", 2, False)}),
    "half": ("sd2", "<half>", {"<half>": ("", 2, False)}),
    "y2k": ("sdxl", "<y2k>", {"clip_l": ("", 2, False), "clip_g": ("_2", 2, False)}),
    "first": ("sdxl", "<first>", {"<first>": ("", 1, False)}),
    "vase": ("flux", "<vase>", {"clip_l": ("", 2, False), "t5": ("_2", 2, False)}),
}
HALVED = {"half"}
DEFAULTS = {"seed": 5, "steps": 2, "height": 32, "width": 32, "conditions": True}

CASES = {
    "sd1.one": {"checkpoint": "sd1", "guidance_scale": 7.5, "prompt": ["a photo of <cat-toy> on the beach"]},
    "sd1.several": {"checkpoint": "sd1", "guidance_scale": 7.5, "prompt": ["<my-style> painting of a <cat-toy>, <my-style>"], "negative_prompt": ["easynegative, fog"]},
    "sd1.none": {"checkpoint": "sd1", "guidance_scale": 7.5, "prompt": ["a cat toy"]},
    "sd2.half": {"checkpoint": "sd2", "guidance_scale": 7.5, "prompt": ["a <half> cat"]},
    "sdxl.both": {"checkpoint": "sdxl", "guidance_scale": 5.0, "prompt": ["a cat in <y2k> style"], "negative_prompt": ["fog"]},
    "sdxl.first": {"checkpoint": "sdxl", "guidance_scale": 5.0, "prompt": ["a <first> cat"], "prompt_2": "a cat"},
    "flux.both": {"checkpoint": "flux", "guidance_scale": 3.5, "max_sequence_length": 16, "prompt": ["a <vase> on a table"]},
}


def tensors_of(name, pipes):
    kind, _, parts = FILES[name]
    generator = torch.Generator().manual_seed(len(FILES[name][1]))
    for tensor, (number, rows, flat) in parts.items():
        table = getattr(pipes[kind], f"text_encoder{number}").get_input_embeddings().weight
        drawn = torch.randn(rows, table.shape[1], generator=generator) * table.std() * 3
        drawn = drawn.half() if name in HALVED else drawn
        yield tensor, number, drawn[0] if flat else drawn


@torch.no_grad()
def encoded(pipe, case):
    if case["checkpoint"] == "flux":
        embeds, pooled, _ = pipe.encode_prompt(case["prompt"], None, max_sequence_length=case["max_sequence_length"])
        return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
    if case["checkpoint"] == "sdxl":
        embeds, _, pooled, _ = pipe.encode_prompt(case["prompt"], case.get("prompt_2"), do_classifier_free_guidance=False)
        return {"prompt_embeds": embeds, "pooled_prompt_embeds": pooled}
    embeds, _ = pipe.encode_prompt(case["prompt"], "cpu", 1, False)
    return {"prompt_embeds": embeds}


if __name__ == "__main__":
    root = Path(sys.argv[1])
    pipes = {kind: pipeline.from_pretrained(root / kind, dtype=torch.float32, **({"add_watermarker": False} if kind == "sdxl" else {})) for kind, pipeline in CLASSES.items()}
    (root / "inversions/cat-toy").mkdir(exist_ok=True, parents=True)
    for name, (kind, token, _) in FILES.items():
        made = list(tensors_of(name, pipes))
        save_file({tensor: rows.detach().contiguous() for tensor, _, rows in made}, root / f"inversions/{name}.safetensors")
        pipe = pipes[kind]
        for tensor, number, rows in made:
            own = {"text_encoder": getattr(pipe, f"text_encoder{number}"), "tokenizer": getattr(pipe, f"tokenizer{number}")}
            # A file of one tensor as it is, the others' tensors by themselves.
            source = str(root / f"inversions/{name}.safetensors") if len(made) == 1 else rows.detach()
            pipe.load_textual_inversion(source, token=token, **own)
    write(root, "textual-inversion", pipes, DEFAULTS, CASES, encoded)
