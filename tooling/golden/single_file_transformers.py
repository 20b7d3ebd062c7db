"""Checkpoints of Stable Diffusion 3 and FLUX in one file. Run after checkpoints_{sd3,flux}.py: python tooling/golden/single_file_transformers.py test/golden/fixtures TEMPORARY_FOLDER

`single-file-names.json` says for the transformers of real size where each of diffusers' weights lies in a file of the authors' names,
as diffusers' converters take it: rows `[weight, tensor, ranges]`, in which `{0..9}` stands for each of these numbers in both names and
ranges are `[from, to, of]` rows. `single-file-sd3` are whole runs by `from_single_file`, and `digests` are of the tiny files
that they were drawn from: the checkpoint folders' weights, renamed and joined. `single-file-8-bits.safetensors` is the transformer of
flux-schnell with factors beside its weights, and `single-file-flux` what FluxPipeline draws with these weights times their factors.
"""

import hashlib
import inspect
import json
import re
import sys
from pathlib import Path

import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline
from diffusers.loaders import single_file_utils
from pipeline_flux import DEFAULTS as FLUX_DEFAULTS
from pipeline_flux import ONE as FLUX_ONE
from pipeline_flux import SCHNELL
from pipeline_sd3 import DEFAULTS, ONE
from runs import write
from safetensors.torch import load_file, save_file
from transformer_names import original_flux, original_sd3
from transformers import T5EncoderModel

def original_vae(state):
    """The inverse of convert_ldm_vae_checkpoint."""
    blocks = 1 + max(int(match[1]) for name in state if (match := re.match(r"decoder\.up_blocks\.(\d+)", name)))
    original = {}
    for name, tensor in state.items():
        if ".attentions." in name and name.endswith(".weight") and tensor.ndim == 2:
            tensor = tensor[:, :, None, None]
        name = re.sub(r"down_blocks\.(\d+)\.resnets\.(\d+)", r"down.\1.block.\2", name)
        name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d+)\.resnets\.(\d+)", lambda m: f"up.{blocks - 1 - int(m[1])}.block.{m[2]}", name)
        name = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda m: f"up.{blocks - 1 - int(m[1])}.upsample", name)
        name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
        for own, file in {
            "mid_block.attentions.0.": "mid.attn_1.",
            "conv_shortcut": "nin_shortcut",
            "conv_norm_out": "norm_out",
            "group_norm.": "norm.",
            "to_q.": "q.",
            "to_k.": "k.",
            "to_v.": "v.",
            "to_out.0.": "proj_out.",
        }.items():
            name = name.replace(own, file)
        original[name] = tensor
    return original


def convert_flux(inner):
    """diffusers' converter has the published width in it."""
    source = inspect.getsource(single_file_utils.convert_flux_transformer_checkpoint_to_diffusers)
    assert "inner_dim = 3072" in source
    scope = dict(vars(single_file_utils))
    exec(source.replace("inner_dim = 3072", f"inner_dim = {inner}"), scope)
    return scope["convert_flux_transformer_checkpoint_to_diffusers"]


KINDS = {
    "sd3-medium": ("stable-diffusion-3-medium", original_sd3),
    "sd3.5-medium": ("stable-diffusion-3.5-medium", original_sd3),
    "sd3.5-large": ("stable-diffusion-3.5-large", original_sd3),
    "flux-dev": ("FLUX.1-dev", original_flux),
    "flux-schnell": ("FLUX.1-schnell", original_flux),
}


def expand(rows):
    """`{0..9}` in a name stands for each of these numbers."""
    for name, shape in rows:
        match = re.search(r"\{(\d+)\.\.(\d+)\}", name)
        for number in range(int(match[1]), int(match[2]) + 1) if match else [None]:
            yield (name if number is None else name.replace(match[0], str(number))), shape


def sources(root: Path, published, invert):
    """By weight: the tensor and the rows of it that the converter takes, read off numbered rows."""
    known = json.loads((root / "published" / f"{published}.transformer.json").read_text())
    state = dict(expand(known["tensors"]))
    original = invert({name: torch.empty(shape[0]) for name, shape in state.items()})
    names = list(original)
    numbered = {name: torch.stack([torch.full((len(original[name]),), i), torch.arange(len(original[name]))], 1) for i, name in enumerate(names)}
    convert = single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers if invert is original_sd3 else convert_flux(3072)
    converted = convert(dict(numbered))
    assert set(converted) == set(state)
    found = {}
    for weight, rows in converted.items():
        (number,) = set(rows[:, 0].tolist())
        places, of = rows[:, 1].tolist(), len(original[names[number]])
        starts = [0] + [i for i in range(1, len(places)) if places[i] != places[i - 1] + 1] + [len(places)]
        ranges = [[places[first], places[last - 1] + 1, of] for first, last in zip(starts, starts[1:])]
        found[weight] = (names[number], [] if ranges == [[0, of, of]] else ranges)
    return found


def compact(found):
    """Rows that differ in a block's number alone become one."""
    groups = {}
    for weight, (tensor, ranges) in found.items():
        match = re.match(r"(\w*transformer_blocks\.)(\d+)(\..*)", weight)
        stored = re.match(r"(\w+_blocks\.)(\d+)(\..*)", tensor)
        assert bool(match) == bool(stored) and (not match or match[2] == stored[2])
        key = (match[1], match[3], stored[1], stored[3]) if match else (weight, "", tensor, "")
        groups.setdefault((*key, json.dumps(ranges)), []).append(int(match[2]) if match else None)
    rows = []
    for (before, after, stored_before, stored_after, ranges), numbers in groups.items():
        if numbers == [None]:
            rows.append([before, stored_before, json.loads(ranges)])
            continue
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        number = f"{{{numbers[0]}..{numbers[-1]}}}"
        rows.append([before + number + after, stored_before + number + stored_after, json.loads(ranges)])
    return rows


def prefixed(prefix, state):
    return {prefix + name: tensor for name, tensor in state.items()}


def weights(folder: Path):
    files = sorted(folder.glob("*.safetensors"))
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def whole(folder: Path, flux: bool):
    """A checkpoint folder as one file."""
    encoders = {"clip_l": "text_encoder", "t5xxl": "text_encoder_2"} if flux else {"clip_l": "text_encoder", "clip_g": "text_encoder_2", "t5xxl": "text_encoder_3"}
    state = prefixed("model.diffusion_model.", (original_flux if flux else original_sd3)(weights(folder / "transformer")))
    state |= prefixed("vae." if flux else "first_stage_model.", original_vae(weights(folder / "vae")))
    for encoder, part in encoders.items():
        state |= prefixed(f"text_encoders.{encoder}.transformer.", weights(folder / part))
    return {name: tensor.contiguous() for name, tensor in state.items()}


def digest(state):
    """Of all tensors in the order of their names: name, shape and bytes."""
    sha = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        sha.update(f"{name} {list(tensor.shape)}\n".encode())
        sha.update(tensor.view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def in_8_bits(state):
    """Matrices as ComfyUI scales them to 8-bit floats, some by rows; and what they are then."""
    stored, seen = {"scaled_fp8": torch.zeros(0, dtype=torch.float8_e4m3fn)}, {}
    for number, (name, tensor) in enumerate(sorted(state.items())):
        stored[name] = seen[name] = tensor
        if tensor.ndim != 2 or not name.endswith(".weight"):
            continue
        kind = torch.float8_e5m2 if number % 5 == 0 else torch.float8_e4m3fn
        values = tensor.float()
        largest = values.abs().amax(1, keepdim=True) if number % 3 == 0 else values.abs().max()
        scale = (largest / 400).reshape(-1, 1) if largest.ndim else largest / 400
        stored[name] = (values / scale).to(kind)
        stored[name.replace(".weight", ".scale_weight")] = scale
        stored[name.replace(".weight", ".scale_input")] = torch.ones(())
        seen[name] = stored[name].float() * scale
    return stored, seen


def check_inverse(folder: Path, flux: bool):
    state = weights(folder / "transformer")
    width = state["proj_out.weight"].shape[1]
    convert = convert_flux(width) if flux else single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers
    again = convert((original_flux if flux else original_sd3)(state))
    assert set(again) == set(state) and all(torch.equal(again[name], tensor) for name, tensor in state.items())


def main(root: Path, temporary: Path):
    listed = {kind: compact(sources(root, *known)) for kind, known in KINDS.items()}
    body = ",\n".join(f'"{kind}": [\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]" for kind, rows in listed.items())
    (root / "single-file-names.json").write_text("{\n" + body + "\n}\n")
    pipes, digests = {}, {}
    for name in ("sd3", "sd35", "flux", "flux-schnell"):
        flux = name.startswith("flux")
        check_inverse(root / name, flux)
        state = whole(root / name, flux)
        digests[name] = digest(state)
        path = temporary / f"{name}.safetensors"
        save_file(state, path)
        if not flux:
            # Of this one diffusers leaves the embeddings empty that transformers 5 does not tie.
            t5 = T5EncoderModel.from_pretrained(root / name / "text_encoder_3", dtype=torch.float32)
            pipes[name] = StableDiffusion3Pipeline.from_single_file(path, config=str(root / name), text_encoder_3=t5, dtype=torch.float32)
    stored, seen = in_8_bits(original_flux(weights(root / "flux-schnell/transformer")))
    save_file({name: tensor.contiguous() for name, tensor in stored.items()}, root / "single-file-8-bits.safetensors")
    pipe = FluxPipeline.from_pretrained(root / "flux-schnell", dtype=torch.float32)
    pipe.transformer.load_state_dict(convert_flux(32)(seen))
    write(root, "single-file-flux", {"flux-schnell": pipe}, FLUX_DEFAULTS, {"flux-schnell": {**FLUX_ONE, **SCHNELL, "steps": 2}}, lambda pipe, case: {})
    cases = {"sd3": {**ONE, "steps": 2}, "sd35": {**ONE, "checkpoint": "sd35", "steps": 2, "seed": 1}}
    write(root, "single-file-sd3", pipes, DEFAULTS, cases, lambda pipe, case: {})
    (root / "single-file-digests.json").write_text(json.dumps(digests, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
