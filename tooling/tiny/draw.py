"""Draws a scene as 128 x 128 pixels of RGB.

python draw.py --out sheet.png                    a contact sheet of random scenes
python draw.py --out sheet.png --subjects         every subject in every style
"""

import argparse

import numpy as np
from PIL import Image

from captions import PATTERNS, WORDS, random_scene
from layers import SIZE, Layers
from shapes import SHAPES
from styles import STYLES

RGB = {name: np.array(entry["rgb"], np.float32) / 255 for name, entry in WORDS["colours"].items()}


def picture(scene, random):
    """uint8 [128, 128, 3]."""
    canvas = STYLES[scene["style"]](Layers(scene, random), random, RGB[scene["colour"]], RGB[scene["ground"]])
    return (np.clip(canvas, 0, 1) * 255 + 0.5).astype(np.uint8)


def sheet(pictures, columns, path):
    """Pictures uint8 [n, 128, 128, 3] in rows with a margin."""
    rows, step = -(-len(pictures) // columns), SIZE + 4
    canvas = np.full((rows * step + 4, columns * step + 4, 3), 255, np.uint8)
    for i, image in enumerate(pictures):
        y, x = 4 + i // columns * step, 4 + i % columns * step
        canvas[y : y + SIZE, x : x + SIZE] = image
    Image.fromarray(canvas).save(path, optimize=True)


def every_subject(random):
    """Each subject in each style, in turning colours and patterns."""
    colours = list(RGB)
    for i, subject in enumerate(SHAPES):
        for j, style in enumerate(STYLES):
            colour, ground = colours[(i + j) % 9], colours[(i + 2 * j + 5) % 11]
            ground = "white" if ground == colour or j % 2 == 0 else ground
            pattern = PATTERNS[(i + j) % 4]
            scene = {"subject": subject, "count": "1", "colour": colour, "pattern": pattern, "style": style, "ground": ground}
            yield picture(scene | {"size": "large", "position": "centre"}, random)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="sheet.png")
    parser.add_argument("--subjects", action="store_true")
    args = parser.parse_args()
    random = np.random.RandomState(0)
    if args.subjects:
        sheet(list(every_subject(random)), 2 * len(STYLES), args.out)
    else:
        sheet([picture(random_scene(random), random) for _ in range(96)], 12, args.out)
