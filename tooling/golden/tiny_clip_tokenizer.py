"""A CLIP byte-level BPE of 1,000 entries, trained on the few prompts below: vocab.json and merges.txt as CLIP's are laid out."""

import json
from collections import Counter
from pathlib import Path

START, END = "<|startoftext|>", "<|endoftext|>"
SIZE = 1000

CORPUS = """
a photo of an astronaut riding a horse on the moon, a watercolor painting of a small house by the lake at sunset,
portrait of an old man with a long white beard, oil on canvas, highly detailed, dramatic lighting, digital art,
a cute cat sitting on a wooden chair near the window, a dog running through a field of yellow flowers in the rain,
cyberpunk city street at night, neon lights, reflections on wet ground, cinematic, concept art, trending on artstation,
a bowl of fresh fruit and vegetables on a kitchen table, soft natural light, shallow depth of field, high quality,
mountain landscape with snow and pine trees under a clear blue sky, wide angle, realistic photograph, sharp focus,
a red car parked in front of a green building, an airplane flying above the clouds, a boat sailing across the ocean,
two people walking along the beach with their children, a group of friends playing football in the park,
a beautiful woman wearing a golden dress and a silver crown, fantasy, intricate, elegant, smooth, illustration,
black and white drawing of a tiger, pencil sketch, minimalist line drawing, abstract geometric shapes, bright colors,
an ancient castle surrounded by a dark forest, mysterious fog, a dragon breathing fire over the village,
a robot reading a book in the library, a spaceship landing on a strange planet with purple grass and three suns,
blurry, low quality, bad anatomy, deformed hands, extra fingers, text, watermark, the quick brown fox jumps over the lazy dog,
vintage poster of a train station in the style of the nineteen thirties, isometric view of a bedroom, stained glass window
"""


def byte_symbols():
    """The 256 printable stand-ins for bytes, in CLIP's order: printable bytes first, the others moved above 255."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    moved = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(moved))]


def train_merges(count):
    words = Counter(word.strip(",") for word in CORPUS.split())
    pieces = {word: [*word[:-1], word[-1] + "</w>"] for word in words}
    merges = []
    while len(merges) < count:
        pairs = Counter()
        for word, parts in pieces.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append((left, right))
        for word, parts in pieces.items():
            joined, i = [], 0
            while i < len(parts):
                two = parts[i : i + 2] == [left, right]
                joined.append(left + right if two else parts[i])
                i += 2 if two else 1
            pieces[word] = joined
    return merges


def write_tokenizer(folder: Path, pad_token: str):
    """Writes the four files that a Stable Diffusion checkpoint's `tokenizer` folder has."""
    symbols = byte_symbols()
    merges = train_merges(SIZE - 2 * len(symbols) - 2)
    tokens = [*symbols, *(s + "</w>" for s in symbols), *("".join(pair) for pair in merges), START, END]
    assert len(tokens) == len(set(tokens)) == SIZE
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))

    def special(content):
        return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    names = {"bos_token": special(START), "eos_token": special(END), "pad_token": pad_token, "unk_token": special(END)}
    config = {
        "add_prefix_space": False,
        **{name: {"__type": "AddedToken", **value} if isinstance(value, dict) else value for name, value in names.items()},
        "do_lower_case": True,
        "errors": "replace",
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "special_tokens_map.json").write_text(json.dumps(names, indent=2) + "\n")
