"""The vocabularies that the encoders bring along, and T5's ids of awkward prompts by transformers' T5TokenizerFast.
Run: python tooling/golden/vocabularies.py packages CLIP_FOLDER T5_FOLDER

CLIP_FOLDER holds openai/clip-vit-large-patch14's merges.txt, T5_FOLDER google/t5-v1_1-xxl's spiece.model and tokenizer.json.
"""

import base64
import json
import sys
import zlib
from pathlib import Path

import transformers
from awkward_prompts import PROMPTS


def packed(data: bytes) -> str:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(deflate.compress(data) + deflate.flush()).decode()


def write(path: Path, content: dict):
    path.write_text(json.dumps(content, indent=2) + "\n")


def main(packages: Path, clip: Path, t5: Path):
    merges = [line for line in (clip / "merges.txt").read_text().split("\n") if line and not line.startswith("#version")]
    write(packages / "encoders-clip/vocabulary.json", {"merges": packed("\n".join(merges).encode())})
    write(packages / "encoders-t5/vocabulary.json", {"spiece": packed((t5 / "spiece.model").read_bytes())})
    tokenizer = transformers.T5TokenizerFast.from_pretrained(t5)
    rows = [{"prompt": prompt, "ids": tokenizer(prompt, max_length=256, truncation=True).input_ids} for prompt in PROMPTS]
    (packages / "encoders-t5/src/fixtures/vocabulary.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main(*(Path(path) for path in sys.argv[1:]))
