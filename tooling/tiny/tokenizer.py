"""CLIP's byte pair encoding, learnt from the captions until each of their words is one token."""

import itertools
import json
import re
from collections import Counter

from transformers import CLIPTokenizer

from data import CACHE, load

START, END = "<|startoftext|>", "<|endoftext|>"


def byte_alphabet():
    """The characters that stand for the 256 bytes, in CLIP's order."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    return [chr(b) for b in plain] + [chr(256 + i) for i in range(len(rest))]


def learn(counts):
    """Merges by frequency, then by order of the alphabet, until nothing is left to merge."""
    words = {word: [*word[:-1], word[-1] + "</w>"] for word in counts}
    merges = []
    while True:
        pairs = Counter()
        for word, parts in words.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += counts[word]
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word, parts in words.items():
            i = 0
            while i < len(parts) - 1:
                if (parts[i], parts[i + 1]) == best:
                    parts[i : i + 2] = ["".join(best)]
                i += 1


def main():
    counts = Counter(word for captions in load("train")[3] for c in captions for word in re.findall(r"[a-z]+|[^a-z\s]+", c))
    merges = learn(counts)
    letters = byte_alphabet()
    entries = letters + [letter + "</w>" for letter in letters] + ["".join(merge) for merge in merges] + [START, END]
    vocabulary = {entry: i for i, entry in enumerate(dict.fromkeys(entries))}
    folder = CACHE / "tokenizer"
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    settings = special | {
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    wrong = [word for word in counts if len(tokenizer(word).input_ids) != 3]
    assert not wrong, f"words of more than one token: {wrong}"
    print(f"{len(vocabulary)} entries, {len(counts)} words, {len(merges)} merges")


if __name__ == "__main__":
    main()
