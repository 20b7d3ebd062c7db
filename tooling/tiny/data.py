"""The data set, drawn once into .cache: pictures uint8 [n, 128, 128, 3], the index of each attribute [n, 8], three captions each.

python data.py --processes 2       parts of 1,000 pictures; stopped at any point, it goes on with the part after the last
"""

import argparse
import json
import os
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from captions import ATTRIBUTES, COLOURS, COUNTS, PATTERNS, POSITIONS, SIZES, STYLES, SUBJECTS, describe, random_scene, tell
from draw import SIZE, picture

CACHE = Path(os.environ.get("TINY_CACHE", Path(__file__).parent / ".cache")).resolve()
PACKAGE = Path(os.environ.get("TINY_PACKAGE", Path(__file__).parents[2] / "packages/tiny"))
VALUES = dict(zip(ATTRIBUTES, (SUBJECTS, COUNTS, COLOURS, PATTERNS, STYLES, COLOURS, SIZES, POSITIONS)))
PART, PARTS = 1_000, {"train": int(os.environ.get("TINY_PARTS", "80")), "held-out": 2}


def indices(scene):
    """The place of each attribute's value; -1 where it is not said."""
    return [VALUES[name].index(scene[name]) if name in scene else -1 for name in ATTRIBUTES]


def draw_part(name, number):
    path = CACHE / "drawn" / f"{name}-{number:03d}.npz"
    if path.exists():
        return
    random = np.random.RandomState([len(name), number])
    pictures = np.empty((PART, SIZE, SIZE, 3), np.uint8)
    scenes, captions, told = [], [], []
    for i in range(PART):
        scene = random_scene(random)
        pictures[i] = picture(scene, random)
        scenes.append(indices(scene))
        parts = [tell(random, scene), tell(random, scene)]
        captions.append([describe(random, part) for part in parts] + [describe(random, scene)])
        told.append([indices(part) for part in parts])
    # The third caption says everything.
    rest = {"scenes": np.array(scenes, np.int8), "told": np.array(told, np.int8), "captions": np.array(json.dumps(captions))}
    np.savez(path.with_suffix(".part.npz"), pictures=pictures, **rest)
    path.with_suffix(".part.npz").rename(path)


def make(name, processes):
    (CACHE / "drawn").mkdir(parents=True, exist_ok=True)
    with Pool(processes) as pool:
        for done, _ in enumerate(pool.imap_unordered(partial(draw_part, name), range(PARTS[name])), 1):
            print(f"{name}: {done} of {PARTS[name]} parts", flush=True)
    parts = [np.load(CACHE / "drawn" / f"{name}-{number:03d}.npz") for number in range(PARTS[name])]
    pictures = np.lib.format.open_memmap(CACHE / f"{name}.part", "w+", np.uint8, (PART * PARTS[name], SIZE, SIZE, 3))
    for number, part in enumerate(parts):
        pictures[number * PART : (number + 1) * PART] = part["pictures"]
    pictures.flush()
    captions = [three for part in parts for three in json.loads(str(part["captions"]))]
    np.savez(CACHE / f"{name}.npz", **{key: np.concatenate([part[key] for part in parts]) for key in ("scenes", "told")})
    (CACHE / f"{name}.json").write_text(json.dumps(captions))
    (CACHE / f"{name}.part").rename(CACHE / f"{name}.npy")
    for number in range(PARTS[name]):
        (CACHE / "drawn" / f"{name}-{number:03d}.npz").unlink()


def load(name, processes=2):
    """Pictures (mapped from the file), attributes [n, 8], what the first two captions say [n, 2, 8], captions [n][3]."""
    if not (CACHE / f"{name}.npy").exists():
        make(name, processes)
    arrays = np.load(CACHE / f"{name}.npz")
    pictures = np.load(CACHE / f"{name}.npy", mmap_mode="r")
    return pictures, arrays["scenes"], arrays["told"], json.loads((CACHE / f"{name}.json").read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    for name in ("held-out", "train"):
        load(name, args.processes)
