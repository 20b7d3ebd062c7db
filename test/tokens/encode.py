"""Ids and cut-off texts of prompts by transformers: python test/tokens/encode.py JOB.json

A job is {"folder": of a tokenizer, "kind": "clip" or "t5", "tokens": 77, "prompts": [...]}; the answer, on standard output, is
{"ids": [[...], ...], "overflow": ["...", ...]}.
"""

import json
import os
import sys
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "critical")
warnings.filterwarnings("ignore")

from diffusers.loaders import TextualInversionLoaderMixin  # noqa: E402
from transformers import CLIPTokenizer, T5TokenizerFast  # noqa: E402

# What model_index.json of the published pipelines names, and how many ids stand before a prompt's own.
KINDS = {"clip": (CLIPTokenizer, 1), "t5": (T5TokenizerFast, 0)}


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    tokenizer_class, before = KINDS[job["kind"]]
    tokenizer = tokenizer_class.from_pretrained(job["folder"])
    pipeline = TextualInversionLoaderMixin()
    prompts = [pipeline.maybe_convert_prompt(prompt, tokenizer) for prompt in job["prompts"]]
    tokens = job["tokens"]
    ids = tokenizer(prompts, padding="max_length", max_length=tokens, truncation=True).input_ids
    own = [line[before:-1] for line in tokenizer(prompts).input_ids]
    room = tokens - before - 1
    left = tokenizer.truncation_side == "left"
    cut = [line[: max(0, len(line) - room)] if left else line[room:] for line in own]
    json.dump({"ids": ids, "overflow": tokenizer.batch_decode(cut)}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
