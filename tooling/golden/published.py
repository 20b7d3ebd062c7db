"""Tensors of published checkpoints by their configurations. Run: python tooling/golden/published.py test/golden/fixtures

Each `published/ID.COMPONENT.json` has the class and config.json of a component on the hub. This writes its tensors: the model is made
without weights, so a list of names and shapes is all there is. `{0..9}` stands for each of these numbers, and `text_model.` is put
before the names of a CLIPTextModel, which transformers 5 leaves out.
"""

import json
import re
import sys
from pathlib import Path

import diffusers
import torch
import transformers
from tiny_weights import text_state

NUMBER = re.compile(r"(?:^|\.)(?:transformer_blocks|single_transformer_blocks|layers|block|resnets|attentions)\.(\d+)(?=\.)")


def tensors_of(name, config):
    with torch.device("meta"):
        if hasattr(diffusers, name):
            model = getattr(diffusers, name).from_config(config)
            return model.state_dict()
        kind = getattr(transformers, name)
        model = kind(kind.config_class.from_dict(config))
    if name == "T5EncoderModel":
        return {key: value for key, value in model.state_dict().items() if key != "encoder.embed_tokens.weight"}
    return text_state(model, False)


def compact(tensors):
    """Rows of name and shape; those that differ in one block's number alone become one row."""
    groups = {}
    for name, tensor in sorted(tensors.items()):
        found = list(NUMBER.finditer(name))
        before, number, after = (name[: found[-1].start(1)], int(found[-1][1]), name[found[-1].end(1) :]) if found else (name, None, "")
        groups.setdefault((before, after, tuple(tensor.shape)), []).append(number)
    rows = []
    for (before, after, shape), numbers in groups.items():
        for first, last in runs(sorted(numbers)) if numbers[0] is not None else [(None, None)]:
            number = "" if first is None else str(first) if first == last else f"{{{first}..{last}}}"
            rows.append([f"{before}{number}{after}", list(shape)])
    return rows


def runs(numbers):
    """First and last of each run of consecutive numbers."""
    start = numbers[0]
    for number, following in zip(numbers, [*numbers[1:], None]):
        if following != number + 1:
            yield start, number
            start = following


def main(folder: Path):
    for path in sorted(folder.glob("*.json")):
        known = json.loads(path.read_text())
        rows = compact(tensors_of(known["class"], known["config"]))
        head = {name: known[name] for name in ("source", "class", "config")}
        fields = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
        listed = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
        path.write_text("{\n" + ",\n".join(fields) + ',\n"tensors": [\n' + listed + "\n]\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) / "published")
