"""The data set, drawn once into .cache: pictures uint8 [n, 64, 64, 3], the index of each attribute [n, 8], two captions each."""

import json
from pathlib import Path

import numpy as np

from captions import ATTRIBUTES, COLOURS, COUNTS, PATTERNS, POSITIONS, SIZES, STYLES, SUBJECTS, describe, random_scene, tell
from draw import SIZE, picture

CACHE = Path(__file__).parent / ".cache"
PACKAGE = Path(__file__).parents[2] / "packages/tiny"
VALUES = dict(zip(ATTRIBUTES, (SUBJECTS, COUNTS, COLOURS, PATTERNS, STYLES, COLOURS, SIZES, POSITIONS)))
TRAIN, HELD_OUT = 80_000, 2_000


def indices(scene):
    """The place of each attribute's value; -1 where it is not said."""
    return [VALUES[name].index(scene[name]) if name in scene else -1 for name in ATTRIBUTES]


def make(name, count, seed):
    random = np.random.RandomState(seed)
    pictures = np.lib.format.open_memmap(CACHE / f"{name}.part", "w+", np.uint8, (count, SIZE, SIZE, 3))
    scenes, captions, told = [], [], []
    for i in range(count):
        scene = random_scene(random)
        pictures[i] = picture(scene, random)
        scenes.append(indices(scene))
        parts = [tell(random, scene), tell(random, scene)]
        captions.append([describe(random, part) for part in parts] + [describe(random, scene)])
        told.append([indices(part) for part in parts])
    pictures.flush()
    np.savez(CACHE / f"{name}.npz", scenes=np.array(scenes, np.int8), told=np.array(told, np.int8))
    (CACHE / f"{name}.json").write_text(json.dumps(captions))
    (CACHE / f"{name}.part").rename(CACHE / f"{name}.npy")


def load(name):
    """Pictures, attributes [n, 8], what each caption says [n, 2, 8], captions [n][3] (the third says everything)."""
    if not (CACHE / f"{name}.npy").exists():
        CACHE.mkdir(exist_ok=True)
        make(name, *{"train": (TRAIN, 1), "held-out": (HELD_OUT, 2)}[name])
    arrays = np.load(CACHE / f"{name}.npz")
    return np.load(CACHE / f"{name}.npy"), arrays["scenes"], arrays["told"], json.loads((CACHE / f"{name}.json").read_text())


if __name__ == "__main__":
    load("train"), load("held-out")
