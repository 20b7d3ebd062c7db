"""ViT-L's text encoder in full size with random weights: python tooling/bench/make_clip.py FOLDER TOKENIZER

Writes 0.5 GB in the layout of openai/clip-vit-large-patch14's text tower. TOKENIZER is a folder with CLIP's own vocab.json and
merges.txt, so that prompts have the tokens that they have in use. Time and memory do not depend on the weights.
"""

import shutil
import sys
from pathlib import Path

import torch
from make_sd15 import TEXT
from transformers import CLIPTextConfig, CLIPTextModelWithProjection


def main(folder, tokenizer):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    CLIPTextModelWithProjection(CLIPTextConfig(**TEXT)).eval().save_pretrained(folder)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(tokenizer / name, folder / name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
