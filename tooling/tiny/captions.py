"""Scenes and their captions, from words.json, which the package ships: its `captions` makes the same from the same seed.

python captions.py --count 20000 --seed 7 --out captions.txt      TINY_WORDS in the environment names another words.json
"""

import argparse
import json
import os
import re
from pathlib import Path

import numpy as np

WORDS = json.loads(Path(os.environ.get("TINY_WORDS", Path(__file__).parent / "words.json")).read_text())
SUBJECTS, COLOURS, PATTERNS, STYLES = (list(WORDS[k]) for k in ("subjects", "colours", "patterns", "styles"))
COUNTS, SIZES, POSITIONS = (list(WORDS[k]) for k in ("counts", "sizes", "positions"))
ATTRIBUTES = ("subject", "count", "colour", "pattern", "style", "ground", "size", "position")
# What a caption may leave open. The subject and the count are always said.
OPEN = ATTRIBUTES[2:]


def pick(random, items):
    return items[int(random.random_sample() * len(items))]


def draw(random, items, chances):
    """One of the items by its chance; the last takes what rounding leaves."""
    level = random.random_sample()
    for item, chance in zip(items, chances):
        level -= chance
        if level < 0:
            return item
    return items[-1]


def random_scene(random):
    """Every attribute of a picture. Colour and ground differ, large things and four things stand in the centre, neon is never black."""
    chances = WORDS["chances"]
    scene = {"subject": pick(random, SUBJECTS)}
    scene["count"] = draw(random, COUNTS, chances["count"])
    scene["style"] = draw(random, STYLES, chances["style"])
    neon = scene["style"] == "neon"
    scene["colour"] = pick(random, [c for c in COLOURS if not (neon and c in ("black", "brown"))])
    scene["pattern"] = draw(random, PATTERNS, chances["pattern"])
    scene["ground"] = pick(random, [c for c in WORDS["grounds"] if c != scene["colour"]])
    scene["size"] = draw(random, SIZES, chances["size"])
    scene["position"] = draw(random, POSITIONS, chances["position"])
    if scene["size"] == "large" or scene["count"] == "4":
        scene["position"] = "centre"
    return scene


def tell(random, scene):
    """The part of a scene that a caption says: each open attribute by one chance that is drawn for the caption."""
    chance = pick(random, WORDS["chances"]["told"])
    told = {"subject": scene["subject"], "count": scene["count"]}
    for name in OPEN:
        if random.random_sample() < chance:
            told[name] = scene[name]
    return told


def fill(template, values):
    text = re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], ""), template)
    return re.sub(r"\s+", " ", text).strip()


def describe(random, told):
    """One caption of the attributes told."""
    words, phrases = WORDS, WORDS["phrases"]
    pattern, style, size = told.get("pattern"), told.get("style"), told.get("size")
    count, subject = told.get("count", "1"), told["subject"]
    values = {
        "count": pick(random, words["counts"][count]),
        "subject": subject if count == "1" else words["subjects"][subject]["plural"],
        "colour": told.get("colour", ""),
    }
    if size and words["sizes"][size]:
        values["size"] = pick(random, words["sizes"][size])
    if pattern:
        values["pattern"] = pick(random, words["patterns"][pattern]["adjective"])
    if pattern and words["patterns"][pattern]["texture"]:
        values["texture"] = pick(random, words["patterns"][pattern]["texture"])
    values["things"] = fill(pick(random, phrases["patterned" if "texture" in values else "plain"]), values)
    values["position"] = pick(random, words["positions"][told["position"]]) if "position" in told else ""
    values["ground"] = fill(pick(random, phrases["ground"]), {"ground": told["ground"]}) if "ground" in told else ""
    values["scene"] = fill(pick(random, phrases["scene"]), values)
    if style:
        values["before"] = pick(random, words["styles"][style]["before"])
        values["after"] = pick(random, words["styles"][style]["after"])
        values["scene"] = fill(pick(random, phrases["styled"]), values)
    return re.sub(r"\ba (?=[aeiou])", "an ", values["scene"])


def random_captions(seed, count):
    random = np.random.RandomState(seed)
    return [describe(random, tell(random, random_scene(random))) for _ in range(count)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.write_text("".join(f"{caption}\n" for caption in random_captions(args.seed, args.count)))
