"""Weighted and long prompts as A1111's web UI reads them: conditions, pictures from them, and what its parser makes of made-up strings.

Run after the checkpoints with a checkout of lllyasviel/stable-diffusion-webui-forge at dfdcbab, whose engines are the web UI's code over
transformers' models, and with diffusers' examples/community:
python tooling/golden/prompt_syntax.py test/golden/fixtures packages/tokens/src/fixtures FORGE_FOLDER COMMUNITY_FOLDER

Rows are the engines' own, each encoder weighed by itself. Their parser, which takes spaces in weights, is replaced by the web UI's, which
diffusers has a copy of. A break means nothing to T5, as in the web UI's own Stable Diffusion 3: Forge would make one more prompt of it. Where a prompt fits into one chunk, or has no weights, rows of
Stable Diffusion 1 are compared with diffusers' lpw_stable_diffusion too, which restores the mean of all chunks together.
"""

import copy
import json
import math
import random
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline, StableDiffusionPipeline, StableDiffusionXLPipeline
from runs import write

CLASSES = {"sd1": StableDiffusionPipeline, "sd2": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline, "sd3": StableDiffusion3Pipeline, "flux": FluxPipeline}
DEFAULTS = {"seed": 5, "steps": 2, "height": 32, "width": 32}
# Conditions are large: those of cases that differ in kind are kept.
KEPT = {"sd1.weights", "sd1.long", "sd1.escaped", "sd1.clip-skip", "sd2.weights", "sd2.long", "sdxl.weights", "sdxl.break", "sd3.weights", "flux.weights", "flux.long"}
GUIDANCE = {"sd1": 7.5, "sd2": 7.5, "sdxl": 5.0, "sd3": 7.0, "flux": 3.5}
# Each CLIP of a family: layers left out before `clip_skip`, whether its rows go through the final norm, whether its class row is projected.
CLIPS = {"sd1": [(1, True, False)], "sd2": [(1, True, False)], "sdxl": [(2, False, False), (2, False, True)], "sd3": [(2, False, True)] * 2, "flux": [(1, True, False)]}

WEIGHTS = "a (red:1.5) cat on the [beach], ((golden hour)), (dark:0.4) [[sky]"
ESCAPED = r"a \(very\) red cat :-), back\\slash \[x\] (50mm lens \(blurred\):1.2)"
# The first chunk ends behind a comma, the second at its 75th token.
LONG = "a photo of a cat on the beach, " * 7 + "(oil on canvas:1.3), " + "very old house by the lake under the stars and the moon " * 8
PLAIN_LONG = "a photo of a cat on the beach with a dog and a boat " * 9
NEGATIVE = "(blurry:1.4), low quality, [deformed] hands"


def cases():
    for kind, scale in GUIDANCE.items():
        flow = {"max_sequence_length": 16} if kind in ("sd3", "flux") else {}
        of_kind = {"checkpoint": kind, "guidance_scale": scale, **flow}
        negative = {"negative_prompt": NEGATIVE} if kind != "flux" else {}
        yield f"{kind}.weights", {**of_kind, **negative, "prompt": [WEIGHTS], "lpw": kind == "sd1"}
        yield f"{kind}.long", {**of_kind, **negative, "prompt": [LONG]}
        yield f"{kind}.break", {**of_kind, "prompt": ["a cat BREAK a (dog:0.5) on the beach"]}
    sd1 = {"checkpoint": "sd1", "guidance_scale": GUIDANCE["sd1"]}
    yield "sd1.escaped", {**sd1, "prompt": [ESCAPED], "lpw": True}
    yield "sd1.plain-long", {**sd1, "prompt": [PLAIN_LONG], "negative_prompt": "fog", "lpw": True}
    yield "sd1.long-negative", {**sd1, "prompt": ["a cat"], "negative_prompt": LONG}
    yield "sd1.each", {**sd1, "prompt": ["a (red:1.5) cat", LONG], "negative_prompt": ["fog", NEGATIVE]}
    yield "sd1.clip-skip", {**sd1, "prompt": [WEIGHTS], "negative_prompt": NEGATIVE, "clip_skip": 1}
    sdxl = {"checkpoint": "sdxl", "guidance_scale": GUIDANCE["sdxl"]}
    yield "sdxl.prompt-2", {**sdxl, "prompt": ["a (red:1.5) cat"], "prompt_2": LONG, "negative_prompt": "fog", "negative_prompt_2": NEGATIVE}
    yield "sdxl.clip-skip", {**sdxl, "prompt": [WEIGHTS], "negative_prompt": "", "clip_skip": 1}
    sd3 = {"checkpoint": "sd3", "guidance_scale": GUIDANCE["sd3"], "max_sequence_length": 32}
    yield "sd3.prompts", {**sd3, "prompt": ["a (red:1.5) cat"], "prompt_2": "a [dog]", "prompt_3": WEIGHTS, "negative_prompt": "fog", "negative_prompt_3": LONG}
    flux = {"checkpoint": "flux", "guidance_scale": GUIDANCE["flux"], "max_sequence_length": 16}
    yield "flux.true-cfg", {**flux, "prompt": ["a (red:1.5) cat"], "prompt_2": WEIGHTS, "negative_prompt": NEGATIVE, "true_cfg_scale": 2.0}


class Transformer:
    """A CLIP of transformers as the web UI's engine takes it."""

    def __init__(self, model):
        self.text_model = copy.deepcopy(getattr(model, "text_model", model))
        self.text_projection = getattr(model, "text_projection", None)

    def __call__(self, ids, output_hidden_states=True):
        return self.text_model(ids, output_hidden_states=True)


class T5:
    def __init__(self, model):
        self.model, self.shared = model, model.shared

    def __call__(self, input_ids):
        return self.model(input_ids)[0]


class Encoder:
    """For diffusers' lpw_stable_diffusion."""

    def __init__(self, text_model):
        self.text_model = text_model

    def __call__(self, ids, output_hidden_states=False):
        found = self.text_model(ids, output_hidden_states=True)
        return (found.last_hidden_state, found.pooler_output, found.hidden_states)


def part(pipe, name, i):
    return getattr(pipe, f"{name}_{i + 1}" if i else name)


def clip_rows(engine, prompt, chunks=None):
    """Rows `[1, chunks × 77, width]` and the pooled row; of fewer chunks, with those of nothing behind."""
    found = engine([prompt])
    rows, pooled = found if isinstance(found, tuple) else (found, None)
    nothing = engine([""])
    nothing = nothing[0] if isinstance(nothing, tuple) else nothing
    missing = 0 if chunks is None else chunks - rows.shape[1] // 77
    return torch.cat([rows, *[nothing] * missing], dim=1), pooled


class Family:
    def __init__(self, kind, pipe, forge):
        self.kind, self.pipe, self.forge = kind, pipe, forge
        self.models = [Transformer(part(pipe, "text_encoder", i)) for i in range(len(CLIPS[kind]))]

    def engines(self, skip):
        for i, (layer, norm, project) in enumerate(CLIPS[self.kind]):
            pooled = (self.kind, i) not in (("sd1", 0), ("sd2", 0), ("sdxl", 0))
            yield self.forge.classic_engine.ClassicTextProcessingEngine(
                text_encoder=SimpleNamespace(transformer=copy.deepcopy(self.models[i])),
                tokenizer=part(self.pipe, "tokenizer", i),
                # Of a CLIP-L it leaves out the projection.
                embedding_key="clip_g",
                text_projection=project,
                minimal_clip_skip=1,
                clip_skip=layer + skip,
                return_pooled=pooled,
                final_layer_norm=norm,
            )

    def t5_rows(self, prompt, rows=0):
        i = len(CLIPS[self.kind])
        with self.forge.parsing_whole():
            model = SimpleNamespace(transformer=T5(part(self.pipe, "text_encoder", i)))
            return self.forge.t5_engine.T5TextProcessingEngine(text_encoder=model, tokenizer=part(self.pipe, "tokenizer", i), min_length=rows)([prompt])

    def conditions(self, texts, skips, rows):
        """Of sets of prompts for each encoder: as many rows for all."""
        clips = len(CLIPS[self.kind])
        engines = {skip: list(self.engines(skip)) for skip in set(skips)}
        counts = [clip_rows(engines[skip][i], prompt)[0].shape[1] // 77 for set_, skip in zip(texts, skips) for i in range(clips) for prompt in set_[i]]
        t5 = self.kind in ("sd3", "flux")
        longest = max(self.t5_rows(prompt, rows).shape[1] for set_ in texts for prompt in set_[clips]) if t5 else 0
        for set_, skip in zip(texts, skips):
            found = []
            for row in range(len(set_[0])):
                parts = [clip_rows(engines[skip][i], set_[i][row], max(counts)) for i in range(clips)]
                embeds = torch.cat([each for each, _ in parts], dim=-1)
                pooled = [each for _, each in parts if each is not None]
                if t5:
                    states = self.t5_rows(set_[clips][row], longest)
                    padded = torch.nn.functional.pad(embeds, (0, states.shape[-1] - embeds.shape[-1]))
                    embeds = torch.cat([padded, states], dim=1) if self.kind == "sd3" else states
                found.append((embeds, torch.cat(pooled, dim=-1) if pooled else None))
            embeds, pooled = zip(*found)
            yield torch.cat(embeds), None if pooled[0] is None else torch.cat(pooled)


def texts_of(case, first, encoders):
    """What each encoder reads, and None for no negative prompt."""
    prompts = case.get(first)
    if prompts is None:
        return None
    prompts = prompts if isinstance(prompts, list) else [prompts]
    others = [case.get(f"{first}_{i + 1}") for i in range(1, encoders)]
    return [prompts, *[[other] if other else prompts for other in others]]


def condition(families, lpw):
    def of(pipe, case):
        kind = case["checkpoint"]
        family = families[kind]
        encoders = len(CLIPS[kind]) + (kind in ("sd3", "flux"))
        guided = kind != "flux" or "true_cfg_scale" in case
        zeros = kind == "sdxl" and "negative_prompt" not in case
        sets = [texts_of(case, "prompt", encoders)]
        if guided and not zeros:
            sets.append(texts_of({"negative_prompt": "", **case}, "negative_prompt", encoders))
        # diffusers leaves layers out for the prompt alone, but in SDXL and SD 3.
        skips = [case.get("clip_skip", 0), 0]
        made = list(family.conditions(sets, skips, case.get("max_sequence_length", 0)))
        if case["lpw"]:
            shim = SimpleNamespace(tokenizer=pipe.tokenizer, text_encoder=Encoder(family.models[0].text_model), device="cpu")
            theirs = lpw.get_weighted_text_embeddings(shim, case["prompt"], case.get("negative_prompt", ""), max_embeddings_multiples=9)
            for own, other in zip(made, theirs):
                torch.testing.assert_close(own[0], other, atol=1e-5, rtol=1e-4)
        names = [name for name in case if "prompt" in name]
        found = dict.fromkeys(names)
        for prefix, (embeds, pooled) in zip(("", "negative_"), made):
            found[f"{prefix}prompt_embeds"] = embeds
            if pooled is not None:
                found[f"{prefix}pooled_prompt_embeds"] = pooled
        return found

    return of


def strings(count):
    """Made-up prompts: mostly of what means something."""
    draw = random.Random(7)
    words = ["cat", "a", "red sky", " ", ", ", "BREAK", " BREAK ", "BREAKFAST", "é", "\n", "1.2"]
    signs = ["(", ")", "[", "]", "(", ")", ":", ":1.3)", ":0.5)", ":-2)", ":+.7)", ":.)", ":1.2.3)", ":5.]", "\\(", "\\)", "\\[", "\\]", "\\\\", "\\", "\\x", ":1.3"]
    for _ in range(count):
        yield "".join(draw.choice(words if draw.random() < 0.45 else signs) for _ in range(draw.randint(0, 14)))


def parsed(parse, text):
    try:
        return [text, [[part, weight] for part, weight in parse(text)]]
    except ValueError:
        return [text, None]


def main(root: Path, tokens: Path, forge: str, community: str):
    # What the engines ask of the program around them.
    memory, modules, shared = (ModuleType(name) for name in ("backend.memory_management", "modules", "modules.shared"))
    memory.text_encoder_device = lambda: "cpu"
    shared.opts = SimpleNamespace(emphasis="Original")
    sys.modules.update({"backend.memory_management": memory, "modules": modules, "modules.shared": shared})
    sys.path[:0] = [forge, community]
    import backend

    backend.memory_management = memory
    import lpw_stable_diffusion
    from backend.text_processing import classic_engine, parsing, t5_engine
    from lpw_stable_diffusion_xl import parse_prompt_attention

    @contextmanager
    def parsing_whole():
        before = parsing.parse_prompt_attention
        parsing.parse_prompt_attention = lambda text, *_: [part for part in parse_prompt_attention(text) if part != ["BREAK", -1]]
        yield
        parsing.parse_prompt_attention = before

    parsing.parse_prompt_attention = lambda text, *_: parse_prompt_attention(text)
    found = SimpleNamespace(classic_engine=classic_engine, t5_engine=t5_engine, parsing_whole=parsing_whole)
    pipes = {kind: pipeline.from_pretrained(root / kind, dtype=torch.float32, **({"add_watermarker": False} if kind == "sdxl" else {})) for kind, pipeline in CLASSES.items()}
    families = {kind: Family(kind, pipe, found) for kind, pipe in pipes.items()}
    rows = {key: {"conditions": key in KEPT, "lpw": False, **case} for key, case in cases()}
    with torch.no_grad():
        write(root, "prompt-syntax", pipes, DEFAULTS, rows, condition(families, lpw_stable_diffusion), personal=True)
    table = [parsed(parse_prompt_attention, text) for text in dict.fromkeys(strings(2500))]
    assert all(result is None or all(math.isfinite(weight) for _, weight in result) for _, result in table)
    tokens.mkdir(exist_ok=True)
    (tokens / "attention.json").write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in table) + "\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4])
