"""How each style paints a scene's layers: functions of (layers, random, colour, ground) that return RGB from 0 to 1 [128, 128, 3]."""

import numpy as np
from PIL import Image

from layers import SIZE

Y, X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / SIZE
WHITE, INK = np.ones(3, np.float32), np.array([0.10, 0.10, 0.12], np.float32)
PAPER = np.array([0.95, 0.94, 0.90], np.float32)
# From the upper left: 1 there, -1 at the lower right.
LIGHT = 1 - (X + Y)


def mix(a, b, share):
    return a + (b - a) * share


def tones(colour):
    """Of a pattern, and of each kind of layer."""
    pale = colour.mean() > 0.9
    dark = colour.mean() < 0.15
    return {
        "pattern": mix(colour, INK, 0.35) if pale else mix(colour, WHITE, 0.8),
        "body": colour,
        "shade": mix(colour, INK, 0.22) if pale else mix(colour, WHITE, 0.25) if dark else mix(colour, INK, 0.3),
        "dark": mix(colour, WHITE, 0.42) if dark else mix(colour, INK, 0.82),
        "light": mix(colour, INK, 0.12) if pale else mix(colour, WHITE, 0.85),
    }


def blur(mask, radius, times=3):
    """Box blurs, one after another."""
    for _ in range(times):
        for axis in (0, 1):
            wide = np.cumsum(np.pad(mask, [(radius + 1, radius) if a == axis else (0, 0) for a in (0, 1)], "edge"), axis)
            n = mask.shape[axis]
            ahead, behind = np.take(wide, range(2 * radius + 1, 2 * radius + 1 + n), axis), np.take(wide, range(n), axis)
            mask = (ahead - behind) / (2 * radius + 1)
    return mask


def lay(canvas, colour, mask):
    return canvas + (colour - canvas) * mask[..., None]


def plain(colour):
    return np.tile(colour, (SIZE, SIZE, 1))


def mottle(random, cells):
    """Smooth noise from -1 to 1."""
    grid = Image.fromarray((random.random_sample((cells, cells)) * 255).astype(np.uint8))
    return np.asarray(grid.resize((SIZE, SIZE), Image.Resampling.BICUBIC), np.float32) / 127.5 - 1


def painted(layers, colour, canvas, texture):
    """All layers in their tones, the pattern on bodies."""
    tone = tones(colour)
    for kind, mask in layers.stack():
        canvas = lay(canvas, tone[kind], mask)
        if kind == "body":
            canvas = lay(canvas, tone["pattern"], mask * texture)
    return canvas


def filled(layers, random, colour, ground):
    return painted(layers, colour, plain(ground), layers.texture())


def outline(layers, random, colour, ground):
    body = layers.fill("body")
    canvas = lay(plain(ground), colour, layers.texture() * body)
    above = layers.fill("dark", "light") if any(kind in ("dark", "light") for kind, _ in layers.shape) else body * 0
    stroke = layers.strokes(3.4 if layers.scene["count"] == "1" else 2.6)
    return lay(lay(canvas, ground, above * (layers.scene["pattern"] != "plain")), colour, stroke)


def pencil(layers, random, colour, ground):
    paper = mix(ground, PAPER, 0.6)
    lead = mix(colour, np.array([0.3, 0.3, 0.32], np.float32), 0.25)
    body = layers.fill("body", "shade", "dark")
    hatch = np.clip(np.sin((X - Y) * SIZE * 1.25 + mottle(random, 4)) * 1.6, 0, 1)
    grain = 0.9 + 0.1 * random.random_sample((SIZE, SIZE)).astype(np.float32)
    canvas = lay(plain(paper), lead, body * hatch * 0.38 * grain)
    canvas = lay(canvas, lead, layers.fill("body") * layers.texture() * 0.8 * grain)
    canvas = lay(canvas, lead, layers.fill("dark") * 0.7)
    return lay(canvas, mix(lead, INK, 0.45), layers.strokes(1.5, wobble=0.9, repeats=2, seed=int(random.randint(100))) * grain)


def cells(mask, level=0.5):
    """A mask in squares of 4 x 4 pixels, each on where more than `level` of it is."""
    return np.kron(mask.reshape(32, 4, 32, 4).mean((1, 3)) > level, np.ones((4, 4))).astype(np.float32)


def pixel(layers, random, colour, ground):
    tone, canvas = tones(colour), plain(ground)
    solid = cells(layers.fill("body", "shade", "dark", "light"))
    rim = solid.copy()
    for axis in (0, 1):
        for shift in (-4, 4):
            rim = np.maximum(rim, np.roll(solid, shift, axis))
    canvas = lay(canvas, mix(colour, INK, 0.7) if colour.mean() > 0.15 else mix(colour, WHITE, 0.35), rim)
    column, row = (X * 32).astype(int), (Y * 32).astype(int)
    blocks = {
        "plain": np.zeros_like(X),
        "stripes": ((column + row) % 4 < 2),
        "dots": (column // 2 % 2 == 0) & (row // 2 % 2 == 0),
        "checks": (column // 2 + row // 2) % 2,
    }[layers.scene["pattern"]].astype(np.float32)
    for kind, mask in layers.stack():
        canvas = lay(canvas, tone[kind], cells(mask))
        if kind == "body":
            canvas = lay(canvas, tone["pattern"], cells(mask) * blocks)
    return canvas


def watercolour(layers, random, colour, ground):
    paper = mix(ground, WHITE, 0.4) + 0.02 * mottle(random, 6)[..., None]
    tone, body = tones(colour), layers.fill("body", "shade", "light", "dark")
    soft = blur(body, 1, times=2)
    rim = np.clip(soft * (1 - soft) * 4, 0, 1) * body
    wash = np.clip(0.8 + 0.2 * mottle(random, 4), 0, 1)
    canvas = lay(paper, mix(paper, colour, 0.5), blur(body, 4) * 0.25)
    canvas = lay(canvas, colour, soft * wash)
    canvas = lay(canvas, tone["pattern"], blur(layers.fill("body") * layers.texture(), 1, times=1) * 0.85)
    for kind, mask in layers.stack():
        if kind != "body":
            canvas = lay(canvas, tone[kind], blur(mask, 1, times=1) * 0.75)
    return lay(canvas, mix(colour, INK, 0.3), rim * 0.5)


def neon(layers, random, colour, ground):
    night = mix(np.array([0.04, 0.03, 0.09], np.float32), ground, 0.16)
    stroke = layers.strokes(2.6)
    glowing = np.maximum(stroke, layers.texture() * layers.fill("body") * 0.6)
    canvas = lay(plain(night), colour, np.clip(blur(glowing, 4) * 1.3, 0, 0.8))
    canvas = lay(canvas, mix(colour, WHITE, 0.12), glowing)
    return lay(canvas, mix(colour, WHITE, 0.85), np.clip(blur(stroke, 1) * 1.7 - 0.75, 0, 1))


def lit(canvas, ground, amount=0.1):
    """A ground that is brighter where the light comes from."""
    return np.clip(canvas + amount * LIGHT[..., None] * (0.4 + 0.6 * ground.mean()), 0, 1)


def paper(layers, random, colour, ground):
    """Each layer throws a shadow on those below it."""
    tone, canvas, texture = tones(colour), lit(plain(ground), ground, 0.06), layers.texture()
    for kind, mask in layers.stack():
        shadow = blur(np.roll(mask, (4, 3), (0, 1)), 2) * (1 - mask)
        canvas = lay(canvas, mix(INK, ground, 0.1), shadow * 0.55)
        edge = np.clip(mask - np.roll(mask, (1, 1), (0, 1)), 0, 1)
        canvas = lay(canvas, tone[kind], mask)
        if kind == "body":
            canvas = lay(canvas, tone["pattern"], mask * texture)
        canvas = lay(canvas, WHITE, edge * 0.5)
    return canvas


def clay(layers, random, colour, ground):
    """Rounded and lit from the upper left, on a soft shadow."""
    body = layers.fill("body", "shade", "dark", "light")
    canvas = lay(lit(plain(ground), ground), INK, blur(np.roll(body, (7, 4), (0, 1)), 5) * 0.5)
    flat = painted(layers, colour, canvas, layers.texture())
    height = np.zeros_like(body)
    for _, mask in layers.stack():
        height = np.maximum(height, blur(mask, max(2, round(layers.radius / 9))) * mask)
    dy, dx = np.gradient(height * layers.radius * 0.6)
    slope = 1 / np.sqrt(1 + dx**2 + dy**2)
    bright = (0.62 + 0.37 * dx + 0.56 * dy) * slope
    shine = np.clip((0.75 + 0.55 * dx + 0.75 * dy) * slope / 1.2, 0, 1) ** 12
    shaded = flat * np.clip(0.5 + 0.75 * bright, 0.3, 1.15)[..., None]
    shaded = lay(shaded, WHITE, shine * 0.45)
    return lay(canvas, 0, body) + shaded * body[..., None]


STYLES = {
    "filled": filled,
    "outline": outline,
    "pencil": pencil,
    "pixel": pixel,
    "watercolour": watercolour,
    "neon": neon,
    "paper": paper,
    "clay": clay,
}
