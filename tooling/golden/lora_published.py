"""kohya's names of all layers of published models, with the layer and the rows that diffusers makes of each.
Run: python tooling/golden/lora_published.py test/golden/fixtures packages/formats/src/lora/fixtures/published.json

The models are made without weights, by their config.json in published/. `{0..9}` stands for each of these numbers.
"""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import diffusers
import torch
import transformers
from diffusers.loaders import lora_conversion_utils as utils
from diffusers.loaders.single_file_utils import convert_sd3_transformer_checkpoint_to_diffusers
from lora_names import bfl, ldm, mmdit
from lora_oracle import layers
from published import runs

MODELS = {
    "stable-diffusion-v1-5": {"unet": "lora_unet_", "text_encoder": "lora_te_"},
    "stable-diffusion-xl-base-1.0": {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"},
    "stable-diffusion-3.5-large": {"transformer": "lora_unet_"},
    "stable-diffusion-3.5-medium": {"transformer": "lora_unet_"},
    "FLUX.1-dev": {"transformer": "lora_unet_", "text_encoder": "lora_te1_"},
}


def made(known):
    with torch.device("meta"):
        if hasattr(diffusers, known["class"]):
            return getattr(diffusers, known["class"]).from_config(known["config"])
        kind = getattr(transformers, known["class"])
        return kind(kind.config_class.from_dict(known["config"]))


def of_text_encoder(model, prefix):
    """Paths as published files have them, with `text_model.`."""
    for path in layers(model):
        full = path if path.startswith("text_") else f"text_model.{path}"
        name = prefix + full.replace(".", "_")
        key = utils._convert_text_encoder_lora_key(f"{name}.lora_down.weight", name)
        for old, new in {"to_q_lora": "q_proj", "to_k_lora": "k_proj", "to_v_lora": "v_proj", "to_out_lora": "out_proj"}.items():
            key = key.replace(old, new)
        yield name, re.sub(r"(\.lora|\.lora_linear_layer)?\.down\.weight$", "", key)


def of_unet(model, prefix, uses_ldm):
    dims = layers(model)
    names = [prefix + (ldm(path, dims) if uses_ldm else path).replace(".", "_") for path in dims]
    for name in names:
        state = {f"{name}.lora_down.weight": torch.zeros(1)}
        if uses_ldm:
            state = utils._maybe_map_sgm_blocks_to_diffusers(state, SimpleNamespace(layers_per_block=model.config.layers_per_block))
        [key] = state
        key = utils._convert_unet_lora_key(key)
        for old, new in {"to_q_lora": "to_q", "to_k_lora": "to_k", "to_v_lora": "to_v", "to_out_lora": "to_out.0"}.items():
            key = key.replace(old, new)
        yield name, re.sub(r"(\.lora)?\.down\.weight$", "", key).replace("processor.", "")


def of_flux(model, prefix):
    dims = layers(model)
    state = {}
    for name, paths in bfl(list(dims)):
        flat = prefix + name.replace(".", "_")
        # Each row is its own number, by which it is found again.
        state[f"{flat}.lora_up.weight"] = torch.arange(sum(dims[path][0] for path in paths)).double()[:, None]
        state[f"{flat}.lora_down.weight"] = torch.full((1, 1), 1.0).double()
    for name, paths in bfl(list(dims)):
        flat = prefix + name.replace(".", "_")
        own = {key: state[key].clone() for key in (f"{flat}.lora_up.weight", f"{flat}.lora_down.weight")}
        converted = utils._convert_kohya_flux_lora_to_diffusers(own)
        for key, rows in converted.items():
            if key.endswith(".lora_B.weight"):
                yield flat, key.removeprefix("transformer.").removesuffix(".lora_B.weight"), *ranges(rows, state[f"{flat}.lora_up.weight"])


def of_sd3(model, prefix):
    dims = layers(model)
    checkpoint, names = {"pos_embed": torch.zeros(1)}, {}
    for i, (name, paths) in enumerate(mmdit(list(dims))):
        rows = torch.arange(sum(dims[path][0] for path in paths)).double() + i * 2**20
        checkpoint |= {f"{name}.weight": rows[:, None], f"{name}.bias": rows}
        names[i] = name
    lengths = {i: len(checkpoint[f"{name}.weight"]) for i, name in names.items()}
    converted = convert_sd3_transformer_checkpoint_to_diffusers(checkpoint)
    for path in dims:
        rows = converted[f"{path}.weight"]
        i = int(rows[0, 0] // 2**20)
        yield prefix + names[i].replace(".", "_"), path, *ranges(rows - i * 2**20, torch.zeros(lengths[i]))


def ranges(rows, whole):
    """First row and count of each stretch; nothing where they are all rows in their order."""
    numbers = [int(row) for row in rows[:, 0]]
    starts = [0, *[i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1], len(numbers)]
    stretches = [(numbers[start], end - start) for start, end in zip(starts, starts[1:])]
    return () if stretches == [(0, len(whole))] else tuple(value for stretch in stretches for value in stretch)


BLOCK = {False: re.compile(r"(?:blocks|layers)\.(\d+)\."), True: re.compile(r"(?:blocks|layers)_(\d+)_")}


def compact(rows):
    groups = {}
    for name, path, *own in rows:
        found = [list(BLOCK[flat].finditer(text)) for flat, text in ((True, name), (False, path))]
        number = found[0][-1][1] if all(found) and found[0][-1][1] == found[1][-1][1] else None
        if number is not None:
            name, path = (text[: each[-1].start(1)] + "#" + text[each[-1].end(1) :] for text, each in zip((name, path), found))
        groups.setdefault((name, path, *own), []).append(None if number is None else int(number))
    for (name, path, *own), numbers in groups.items():
        for first, last in runs(sorted(numbers)) if numbers[0] is not None else [(None, None)]:
            block = "" if first is None else str(first) if first == last else f"{{{first}..{last}}}"
            yield [name.replace("#", block), path.replace("#", block), *own]


def main(fixtures: Path, out: Path):
    written = {}
    for source, components in MODELS.items():
        for component, prefix in components.items():
            known = json.loads((fixtures / "published" / f"{source}.{component}.json").read_text())
            model = made(known)
            if component.startswith("text"):
                rows = of_text_encoder(model, prefix)
            elif component == "unet":
                rows = of_unet(model, prefix, "xl" in source)
            else:
                rows = of_flux(model, prefix) if "FLUX" in source else of_sd3(model, prefix)
            rows = list(rows)
            count = sum(1 for path in layers(model))
            paths = {path for _, path, *_ in rows}
            assert len(rows) == len(paths) == count, f"{source} {component}: {len(rows)} rows, {len(paths)} paths, {count} layers"
            print(source, component, count)
            written[f"{source}.{component}"] = list(compact(rows))
    models = [f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]" for name, rows in written.items()]
    out.write_text("{\n" + ",\n".join(models) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
