"""Token ids of awkward prompts. Run after checkpoints.py: python tooling/golden/tokenizer.py test/golden/fixtures CLIP_FOLDER

CLIP_FOLDER holds openai/clip-vit-large-patch14's vocab.json and merges.txt, which are too large to keep here.
Run with transformers 5 first, then with transformers 4, which still has the slow tokenizer: it adds where it differs.
"""

import json
import sys
from pathlib import Path

import transformers
from awkward_prompts import PROMPTS

NOTES = {
    "tiny": "ids by the tokenizer in sd1/tokenizer, transformers 5.24.0's CLIPTokenizer; bos and eos included, at most 77, not padded",
    "clip": "the same by the tokenizer of openai/clip-vit-large-patch14 (vocab.json, merges.txt), whose files are not kept here",
    "differs": "ids by other tokenizers where they differ: slow is transformers 4.57.6's CLIPTokenizer without ftfy, slow-ftfy with ftfy 6.3.1, fast its CLIPTokenizerFast",
}


def ids_of(tokenizer):
    return [tokenizer(prompt, max_length=77, truncation=True).input_ids for prompt in PROMPTS]


def without_ftfy(tokenizer):
    from transformers.models.clip.tokenization_clip import BasicTokenizer

    tokenizer.fix_text = None
    tokenizer.nlp = BasicTokenizer(strip_accents=False, do_split_on_punc=False)
    return tokenizer


def main(root: Path, clip: Path):
    path = root / "tokenizer.json"
    folders = {"tiny": root / "sd1/tokenizer", "clip": clip}
    if int(transformers.__version__.split(".")[0]) >= 5:
        columns = {name: ids_of(transformers.CLIPTokenizer.from_pretrained(folder)) for name, folder in folders.items()}
        rows = [{"prompt": prompt, "tiny": tiny, "clip": real, "differs": {}} for prompt, tiny, real in zip(PROMPTS, columns["tiny"], columns["clip"])]
    else:
        rows = json.loads(path.read_text())["prompts"]
        for name, folder in folders.items():
            others = {
                "slow": ids_of(without_ftfy(transformers.CLIPTokenizer.from_pretrained(folder))),
                "slow-ftfy": ids_of(transformers.CLIPTokenizer.from_pretrained(folder)),
                "fast": ids_of(transformers.CLIPTokenizerFast.from_pretrained(folder)),
            }
            for other, column in others.items():
                for row, ids in zip(rows, column):
                    if ids != row[name]:
                        row["differs"][f"{name}.{other}"] = ids
    lines = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f'{{"notes": {json.dumps(NOTES)},\n"prompts": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
