"""Draws a scene as 64 x 64 pixels of RGB. Masks are drawn at three times that size, colours are laid on at full size.

python draw.py --out sheet.png      a contact sheet of random scenes
"""

import argparse

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from captions import WORDS
from shapes import SHAPES

SIZE, SUPER = 64, 3
Y, X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + 0.5
RGB = {name: np.array(entry["rgb"], np.float32) / 255 for name, entry in WORDS["colours"].items()}
WHITE, INK = np.ones(3, np.float32), np.array([0.10, 0.10, 0.12], np.float32)


def mix(a, b, share):
    return a + (b - a) * share


def places(scene, random):
    """Centres and the radius, in pixels, of the scene's things."""
    count, position = int(scene["count"]), scene["position"]
    dx, dy = {"centre": (0, 0), "left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}[position]
    if count == 1:
        radius = {"small": 11.5, "medium": 17.5, "large": 26.0}[scene["size"]]
        radius = min(radius, 23.0) if position != "centre" else radius
        reach = 32 - radius - 2
        return [(32 + dx * reach, 32 + dy * reach)], radius
    radius = {"small": 7.5, "medium": 10.0, "large": 12.5}[scene["size"]]
    step = 2 * radius + 3
    if position == "centre":
        grids = {2: [(-0.5, 0), (0.5, 0)], 3: [(0, -0.5), (-0.5, 0.5), (0.5, 0.5)]}
        grid = grids.get(count, [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)])
    else:
        radius = min(radius, 30 / count)
        step = 62 / count
        line = [(i - (count - 1) / 2) for i in range(count)]
        grid = [(0, i) if dx else (i, 0) for i in line]
    reach = 32 - radius - 3
    return [(32 + dx * reach + step * gx, 32 + dy * reach + step * gy) for gx, gy in grid], radius


def texture(pattern, radius, random):
    """The pattern's mask over the whole picture, 0 to 1."""
    if pattern == "plain":
        return np.zeros_like(X)
    unit = 9.0 if radius > 15 else 7.0
    u, v = random.uniform(0, unit, 2)
    if pattern == "stripes":
        wave = np.sin((X + Y + u) * (2 * np.pi / (unit * 1.25)))
        return np.clip(wave * 2.5 + 0.5, 0, 1)
    if pattern == "checks":
        wave = np.sin((X + u) * np.pi / (unit * 0.72)) * np.sin((Y + v) * np.pi / (unit * 0.72))
        return np.clip(wave * 4 + 0.5, 0, 1)
    row = np.floor((Y + v) / unit)
    a, b = (X + u + row % 2 * unit / 2) % unit - unit / 2, (Y + v) % unit - unit / 2
    return np.clip(unit * 0.3 - np.hypot(a, b) + 0.5, 0, 1)


def masks(scene, random, width, wobble=0.0, size=SIZE * SUPER, repeats=1):
    """The masks of bodies, details and strokes [64, 64], and the things' radius. `width` in pixels of the picture."""
    scale = size / SIZE
    names = ("body", "detail", "stroke")
    images = {name: Image.new("L", (size, size)) for name in names}
    pens = {name: ImageDraw.Draw(image) for name, image in images.items()}
    centres, radius = places(scene, random)
    for cx, cy in centres:
        lean = random.uniform(-0.12, 0.12) if wobble >= 0 else 0.0
        turn = np.array([[np.cos(lean), np.sin(lean)], [-np.sin(lean), np.cos(lean)]])
        jitter = random.uniform(-1, 1, 2) * (1.0 if int(scene["count"]) == 1 else 0.5)
        shape = SHAPES[scene["subject"]]
        for part in ("body", "detail"):
            for polygon in shape[part]:
                line = (polygon @ turn * radius + (cx, cy) + jitter) * scale
                pens[part].polygon(line.ravel().tolist(), fill=255)
                for _ in range(repeats if width else 0):
                    shake = line + random.normal(0, wobble * scale, line.shape) if wobble > 0 else line
                    closed = np.concatenate([shake, shake[:2]])
                    pens["stroke"].line(closed.ravel().tolist(), fill=255, width=round(width * scale), joint="curve")
    if size > SIZE:
        images = {name: image.resize((SIZE, SIZE), Image.Resampling.BOX) for name, image in images.items()}
    return *(np.asarray(images[name], np.float32) / 255 for name in names), radius


def blur(mask, radius):
    image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) / 255


def lay(canvas, colour, mask):
    return canvas + (colour - canvas) * mask[..., None]


def mottle(random, cells):
    """Smooth noise from -1 to 1."""
    grid = Image.fromarray((random.random_sample((cells, cells)) * 255).astype(np.uint8))
    return np.asarray(grid.resize((SIZE, SIZE), Image.Resampling.BICUBIC), np.float32) / 127.5 - 1


def tones(colour):
    """The second tone of a pattern and the dark tone of details."""
    light = colour.mean() > 0.9
    second = mix(colour, INK, 0.3) if light else mix(colour, WHITE, 0.78)
    return second, mix(colour, INK, 0.45 if light else 0.6)


def filled(scene, random, colour, ground):
    body, detail, _, radius = masks(scene, random, 0)
    second, dark = tones(colour)
    canvas = lay(np.tile(ground, (SIZE, SIZE, 1)), colour, body)
    canvas = lay(canvas, second, body * texture(scene["pattern"], radius, random))
    return lay(canvas, dark, detail)


def outline(scene, random, colour, ground):
    body, _, stroke, radius = masks(scene, random, 2.6 if scene["count"] == "1" else 2.0)
    inside = texture(scene["pattern"], radius, random) * body * (0.95 if scene["pattern"] != "plain" else 0)
    return lay(lay(np.tile(ground, (SIZE, SIZE, 1)), colour, inside), colour, stroke)


def pencil(scene, random, colour, ground):
    body, _, stroke, radius = masks(scene, random, 1.0, wobble=0.5, repeats=3)
    paper = mix(ground, np.array([0.93, 0.92, 0.88], np.float32), 0.55)
    lead = mix(colour, np.array([0.3, 0.3, 0.32], np.float32), 0.3)
    grain = 0.75 + 0.25 * random.random_sample((SIZE, SIZE)).astype(np.float32)
    hatch = np.clip(np.sin((X - Y) * 2.1 + mottle(random, 5)) * 1.5, 0, 1)
    canvas = lay(np.tile(paper, (SIZE, SIZE, 1)), lead, body * hatch * 0.4 * grain)
    canvas = lay(canvas, lead, body * texture(scene["pattern"], radius, random) * 0.75 * grain)
    return lay(canvas, mix(lead, INK, 0.3), stroke * grain)


def cell(mask, level):
    """A mask in cells of 4 x 4, each on where more than `level` of it is."""
    return np.kron(mask.reshape(16, 4, 16, 4).mean((1, 3)) > level, np.ones((4, 4))).astype(np.float32)


def pixel(scene, random, colour, ground):
    body, detail, _, radius = masks(scene, random, 0, wobble=-1, size=SIZE * SUPER)
    second, dark = tones(colour)
    solid = cell(body, 0.5)
    inner = solid.copy()
    for axis in (0, 1):
        for shift in (-4, 4):
            inner = np.minimum(inner, np.roll(solid, shift, axis))
    canvas = lay(np.tile(ground, (SIZE, SIZE, 1)), mix(colour, INK, 0.55), solid)
    canvas = lay(canvas, colour, inner if radius > 9 else solid)
    column, row = X // 4, Y // 4
    blocks = {
        "plain": np.zeros_like(X),
        "stripes": ((column + row) % 4 < 2).astype(np.float32),
        "dots": ((column % 2 == 0) & ((row + column // 2) % 2 == 0)).astype(np.float32),
        "checks": ((column // 2 + row // 2) % 2).astype(np.float32),
    }[scene["pattern"]]
    canvas = lay(canvas, second, (inner if radius > 9 else solid) * blocks)
    return lay(canvas, dark, cell(detail, 0.45))


def watercolour(scene, random, colour, ground):
    body, detail, _, radius = masks(scene, random, 0)
    paper = mix(ground, WHITE, 0.35)[None, None] + 0.05 * mottle(random, 6)[..., None]
    soft = blur(body, 1.6)
    edge = np.clip(soft * (1 - soft) * 4, 0, 1)
    wash = np.clip(0.72 + 0.28 * mottle(random, 5), 0, 1)
    canvas = lay(paper, colour, soft * wash)
    canvas = lay(canvas, tones(colour)[0], soft * blur(texture(scene["pattern"], radius, random), 1.0) * 0.9)
    canvas = lay(canvas, mix(colour, INK, 0.15), edge * body * 0.45)
    return lay(canvas, tones(colour)[1], blur(detail, 1.2) * 0.8)


def neon(scene, random, colour, ground):
    body, _, stroke, radius = masks(scene, random, 1.8)
    night = mix(np.array([0.04, 0.03, 0.08], np.float32), ground, 0.2)
    glowing = np.maximum(stroke, texture(scene["pattern"], radius, random) * body * 0.75)
    canvas = lay(np.tile(night, (SIZE, SIZE, 1)), colour, np.clip(blur(glowing, 3.0) * 1.3, 0, 0.8))
    canvas = lay(canvas, mix(colour, WHITE, 0.15), glowing)
    return lay(canvas, mix(colour, WHITE, 0.75), blur(stroke, 0.5) * stroke * 0.8)


STYLES = {"filled": filled, "outline": outline, "pencil": pencil, "pixel": pixel, "watercolour": watercolour, "neon": neon}


def picture(scene, random):
    """uint8 [64, 64, 3]."""
    canvas = STYLES[scene["style"]](scene, random, RGB[scene["colour"]], RGB[scene["ground"]])
    return (np.clip(canvas, 0, 1) * 255 + 0.5).astype(np.uint8)


def sheet(pictures, columns, path, scale=1):
    """Pictures uint8 [n, 64, 64, 3] in rows with a margin."""
    rows = -(-len(pictures) // columns)
    step = SIZE * scale + 4
    canvas = np.full((rows * step + 4, columns * step + 4, 3), 255, np.uint8)
    for i, image in enumerate(pictures):
        y, x = 4 + i // columns * step, 4 + i % columns * step
        canvas[y : y + SIZE * scale, x : x + SIZE * scale] = np.kron(image, np.ones((scale, scale, 1), np.uint8))
    Image.fromarray(canvas).save(path, optimize=True)


if __name__ == "__main__":
    from captions import random_scene

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="sheet.png")
    args = parser.parse_args()
    random = np.random.RandomState(0)
    sheet([picture(random_scene(random), random) for _ in range(96)], 16, args.out)
