"""The masks of a scene's layers, strokes and pattern, drawn with Skia at twice the picture's size and reduced."""

import numpy as np
import skia

from places import places
from shapes import SHAPES

SIZE, SUPER = 128, 2
WIDE = SIZE * SUPER


class Layers:
    """The masks of a scene's layers, float [128, 128], drawn by one canvas."""

    def __init__(self, scene, random):
        self.things, self.radius = places(scene, random)
        self.scene, self.shape = scene, SHAPES[scene["subject"]]
        self.array = np.zeros((WIDE, WIDE, 4), np.uint8)
        self.canvas = skia.Canvas(self.array)

    def mask(self, paint_with):
        """What `paint_with(canvas)` draws in the square of each thing, in white."""
        self.canvas.clear(0xFF000000)
        for x, y, lean in self.things:
            self.canvas.save()
            self.canvas.translate(x * SUPER, y * SUPER)
            self.canvas.rotate(lean)
            self.canvas.scale(self.radius * SUPER / 100, self.radius * SUPER / 100)
            paint_with(self.canvas)
            self.canvas.restore()
        corners = [self.array[i::SUPER, j::SUPER, 0].astype(np.float32) for i in range(SUPER) for j in range(SUPER)]
        return sum(corners) / (255 * SUPER**2)

    def fill(self, *kinds):
        paint = skia.Paint(AntiAlias=True, Color=0xFFFFFFFF)
        return self.mask(lambda canvas: [canvas.drawPath(path, paint) for kind, path in self.shape if kind in kinds])

    def stack(self):
        """Each layer's kind and mask, the lowest first."""
        paint = skia.Paint(AntiAlias=True, Color=0xFFFFFFFF)
        return [(kind, self.mask(lambda canvas, path=path: canvas.drawPath(path, paint))) for kind, path in self.shape]

    def strokes(self, width, wobble=0.0, repeats=1, seed=0):
        """Outlines of all layers, `width` in pixels; each layer hides the lines below it."""
        unit = 100 / self.radius
        line = skia.Paint(AntiAlias=True, Color=0xFFFFFFFF, Style=skia.Paint.kStroke_Style, StrokeWidth=width * unit)
        line.setStrokeJoin(skia.Paint.kRound_Join)
        hide = skia.Paint(AntiAlias=True, Color=0xFF000000)

        def draw(canvas):
            for _, path in self.shape:
                canvas.drawPath(path, hide)
                for i in range(repeats):
                    if wobble:
                        line.setPathEffect(skia.DiscretePathEffect.Make(9 * unit, wobble * unit, seed + i))
                    canvas.drawPath(path, line)

        return self.mask(draw)

    def texture(self):
        """The pattern in the square of each thing; it lies the same in every picture, so that it is learnt soon."""
        paint = skia.Paint(AntiAlias=True, Color=0xFFFFFFFF)
        unit = max(44.0, 900 / self.radius)
        steps = np.arange(-4, 5) * unit

        def stripes(canvas):
            canvas.rotate(-45)
            for at in steps:
                canvas.drawRect(skia.Rect.MakeXYWH(-200, at - unit / 4, 400, unit / 2), paint)

        def dots(canvas):
            for row, y in enumerate(steps * 0.87):
                for x in steps + (row % 2) * unit / 2:
                    canvas.drawCircle(x, y, unit * 0.27, paint)

        def checks(canvas):
            side = unit * 0.62
            for row in range(-5, 5):
                for column in range(-5, 5):
                    if (row + column) % 2:
                        canvas.drawRect(skia.Rect.MakeXYWH(column * side, row * side, side, side), paint)

        draw = {"stripes": stripes, "dots": dots, "checks": checks}.get(self.scene["pattern"])
        return self.mask(draw) if draw else np.zeros((SIZE, SIZE), np.float32)
