"""The subjects as layers of paths in a square from -100 to 100, y down, drawn one on another: `body` parts have the colour and the
pattern, `shade` parts a deeper tone of it, `dark` parts nearly black, `light` parts nearly white.

A path is written as in SVG with absolute coordinates (M, L, Q, C, Z), and `E cx cy rx ry` is an ellipse, `R x y width height radius` a
rectangle. A layer may be repeated, turned about the middle: `turns` in degrees, and `mirror` adds its mirror image.
"""

import re
from math import cos, radians, sin

import skia

NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0, "E": 4, "R": 5}


def read(text):
    path = skia.Path()
    tokens = iter(re.findall(r"[A-Z]|-?\d+(?:\.\d+)?", text))
    command, values = "", []
    for token in tokens:
        if token.isalpha():
            command, values = token, []
        else:
            values.append(float(token))
        if len(values) == NUMBERS[command]:
            add(path, command, values)
            values = []
    return path


def add(path, command, values):
    if command == "E":
        cx, cy, rx, ry = values
        path.addOval(skia.Rect.MakeLTRB(cx - rx, cy - ry, cx + rx, cy + ry))
    elif command == "R":
        x, y, width, height, radius = values
        path.addRoundRect(skia.Rect.MakeXYWH(x, y, width, height), radius, radius)
    else:
        {"M": path.moveTo, "L": path.lineTo, "Q": path.quadTo, "C": path.cubicTo, "Z": path.close}[command](*values)


def layer(text, turns=(0,), mirror=False):
    """One path: every part of the text united, so that an outline runs around the whole."""
    whole = skia.Path()
    for turn in turns:
        for sign in (1, -1) if mirror else (1,):
            matrix = skia.Matrix.RotateDeg(turn)
            matrix.preScale(sign, 1)
            part = read(text)
            part.transform(matrix)
            whole = skia.Op(whole, skia.Simplify(part), skia.kUnion_PathOp)
    return whole


def ring(count, outer, inner):
    """A star's corners."""
    corners = [((outer, inner)[i % 2], radians(180 * i / count)) for i in range(2 * count)]
    return "M" + " L".join(f"{r * sin(angle):.1f} {-r * cos(angle):.1f}" for r, angle in corners) + " Z"


FIFTHS, EIGHTHS = range(0, 360, 72), range(0, 360, 45)

SHAPES = {
    "circle": [("body", layer("E 0 0 95 95"))],
    "square": [("body", layer("R -85 -85 170 170 6"))],
    "triangle": [("body", layer("M0 -92 L100 80 L-100 80 Z"))],
    "star": [("body", layer(ring(5, 104, 46)))],
    "heart": [("body", layer("M0 92 C-60 45 -100 10 -100 -32 C-100 -95 -25 -105 0 -48 C25 -105 100 -95 100 -32 C100 10 60 45 0 92 Z"))],
    "moon": [("body", layer("M30 -95 C-50 -110 -100 -55 -100 0 C-100 55 -50 110 30 95 C-10 75 -32 40 -32 0 C-32 -40 -10 -75 30 -95 Z"))],
    "house": [
        ("shade", layer("R 38 -85 22 50 2")),
        ("body", layer("M-76 -20 L76 -20 L76 95 L-76 95 Z")),
        ("shade", layer("M-102 -12 L0 -98 L102 -12 Z")),
        ("dark", layer("R -18 32 36 63 3")),
        ("light", layer("R -58 14 28 30 2", mirror=True)),
    ],
    "tree": [
        ("dark", layer("M-15 20 L15 20 L22 100 L-22 100 Z")),
        ("body", layer("E 0 -48 52 50 E -44 -8 48 44 E 44 -8 48 44 E 0 8 50 40")),
    ],
    "fish": [
        ("shade", layer("M30 0 L100 -52 Q80 0 100 52 Z")),
        ("shade", layer("M-30 -40 Q0 -85 35 -62 L20 -30 Z")),
        ("body", layer("M-98 0 C-70 -70 15 -70 55 0 C15 70 -70 70 -98 0 Z")),
        ("light", layer("E -58 -14 13 13")),
        ("dark", layer("E -60 -13 7 7")),
    ],
    "flower": [("body", layer("E 0 -60 36 42", turns=FIFTHS)), ("dark", layer("E 0 0 30 30"))],
    "boat": [
        ("dark", layer("R -9 -98 10 135 2")),
        ("body", layer("M12 -92 Q75 -40 80 22 L12 22 Z")),
        ("shade", layer("M-20 -70 Q-62 -25 -66 22 L-20 22 Z")),
        ("body", layer("M-100 38 L100 38 Q85 92 45 92 L-45 92 Q-85 92 -100 38 Z")),
    ],
    "cup": [
        ("shade", layer("M30 -45 Q100 -60 96 -5 Q92 50 30 50 L30 28 Q68 28 70 -5 Q72 -32 30 -23 Z")),
        ("body", layer("M-90 -70 L48 -70 L38 70 Q36 88 16 88 L-58 88 Q-78 88 -80 70 Z")),
        ("dark", layer("E -21 -70 69 14")),
    ],
    "cat": [
        ("body", layer("M-84 -96 L-18 -58 L-60 0 Z E 0 18 86 72", mirror=True)),
        ("shade", layer("M-72 -74 L-38 -54 L-62 -28 Z", mirror=True)),
        ("light", layer("E -34 6 17 17", mirror=True)),
        ("dark", layer("E -34 6 7 15", mirror=True)),
        ("dark", layer("M-11 34 L11 34 L0 48 Z")),
        ("dark", layer("M-2 44 L2 44 Q3 62 26 58 L28 64 Q6 70 0 58 Q-6 70 -28 64 L-26 58 Q-3 62 -2 44 Z")),
    ],
    "mushroom": [
        ("light", layer("M-28 0 L28 0 Q30 60 40 90 Q0 102 -40 90 Q-30 60 -28 0 Z")),
        ("body", layer("M-100 15 C-100 -125 100 -125 100 15 Q0 35 -100 15 Z")),
    ],
    "apple": [
        ("dark", layer("M-6 -48 Q-6 -82 14 -98 L24 -90 Q8 -74 7 -48 Z")),
        ("shade", layer("M10 -68 Q40 -105 76 -84 Q50 -50 10 -68 Z")),
        ("body", layer("M0 -46 C-40 -72 -92 -50 -90 10 C-88 70 -45 105 0 84 C45 105 88 70 90 10 C92 -50 40 -72 0 -46 Z")),
    ],
    "car": [
        ("body", layer("M-100 8 Q-100 -8 -78 -10 L-62 -14 L-32 -52 L38 -52 L66 -14 L84 -10 Q100 -6 100 14 L100 40 L-100 40 Z")),
        ("light", layer("M-46 -14 L-24 -42 L-2 -42 L-2 -14 Z M8 -14 L8 -42 L32 -42 L50 -14 Z")),
        ("dark", layer("E -54 42 26 26", mirror=True)),
        ("light", layer("E -54 42 11 11", mirror=True)),
    ],
    "bird": [
        ("shade", layer("M50 10 L102 -26 L92 40 Z")),
        ("dark", layer("M-70 -44 L-102 -30 L-68 -22 Z")),
        ("dark", layer("R -14 50 6 46 2 R 14 50 6 46 2")),
        ("body", layer("E -46 -38 34 34 E 4 14 72 50")),
        ("shade", layer("M-16 0 Q40 -20 64 16 Q30 52 -4 34 Q-18 20 -16 0 Z")),
        ("light", layer("E -56 -44 10 10")),
        ("dark", layer("E -58 -44 5 5")),
    ],
    "butterfly": [
        ("body", layer("M0 -10 C-20 -90 -98 -98 -98 -40 C-98 -5 -50 8 0 10 Z", mirror=True)),
        ("shade", layer("M0 0 C-50 2 -82 30 -70 66 C-56 100 -10 60 0 20 Z", mirror=True)),
        ("dark", layer("E 0 6 9 54")),
        ("dark", layer("M-2 -44 Q-10 -80 -34 -92 L-38 -86 Q-18 -74 -8 -42 Z", mirror=True)),
    ],
    "umbrella": [
        ("dark", layer("M-5 -10 L5 -10 L5 72 Q8 86 20 84 Q30 82 30 66 L40 66 Q42 96 18 96 Q-5 96 -5 74 Z R -5 -100 10 24 4")),
        ("body", layer("M-100 4 C-96 -116 96 -116 100 4 Q83 -18 66 4 Q33 -22 0 4 Q-33 -22 -66 4 Q-83 -18 -100 4 Z")),
    ],
    "leaf": [
        ("body", layer("M-84 88 C-110 -20 -40 -100 92 -92 C100 40 20 110 -72 76 Z")),
        ("dark", layer("M-98 98 Q-40 20 52 -52 L56 -46 Q-30 34 -88 104 Z")),
    ],
    "sun": [("shade", layer("M-15 -58 L0 -102 L15 -58 Z", turns=EIGHTHS)), ("body", layer("E 0 0 54 54"))],
    "cloud": [("body", layer("E -52 18 46 40 E -14 -22 50 48 E 44 -4 42 40 E 58 26 40 32 R -60 10 120 48 24"))],
    "rocket": [
        ("shade", layer("M-30 20 L-68 72 L-26 62 Z", mirror=True)),
        ("light", layer("M-20 66 Q0 76 20 66 Q18 92 0 104 Q-18 92 -20 66 Z")),
        ("body", layer("M0 -104 C44 -66 46 20 26 68 L-26 68 C-46 20 -44 -66 0 -104 Z")),
        ("light", layer("E 0 -28 18 18")),
        ("dark", layer("E 0 -28 11 11")),
    ],
    "key": [
        ("body", layer("R -18 -12 116 24 4 R 48 0 16 46 3 R 78 0 16 36 3 E -52 0 46 46")),
        ("dark", layer("E -58 0 19 19")),
    ],
    "bell": [
        ("dark", layer("E 0 78 20 20")),
        ("dark", layer("E 0 -84 14 14")),
        ("body", layer("M0 -86 C70 -84 56 10 92 60 Q94 74 78 74 L-78 74 Q-94 74 -92 60 C-56 10 -70 -84 0 -86 Z")),
    ],
    "crown": [
        ("body", layer("M-84 60 L-100 -50 L-48 -8 L0 -84 L48 -8 L100 -50 L84 60 Z")),
        ("shade", layer("R -86 54 172 30 6")),
        ("light", layer("E -100 -54 12 12", mirror=True)),
        ("light", layer("E 0 -88 12 12")),
    ],
    "balloon": [
        ("dark", layer("M-2 62 Q-18 80 2 104 L8 100 Q-8 80 4 62 Z")),
        ("shade", layer("M0 48 L16 70 L-16 70 Z")),
        ("body", layer("M0 58 C-50 40 -72 -5 -72 -34 C-72 -80 -36 -102 0 -102 C36 -102 72 -80 72 -34 C72 -5 50 40 0 58 Z")),
    ],
    "cactus": [
        ("body", layer("R -24 -98 48 150 24 R -86 -40 34 64 17 R -80 -4 70 30 15 R 52 -62 34 66 17 R 10 -24 70 30 15")),
        ("dark", layer("M-52 44 L52 44 L40 98 L-40 98 Z")),
    ],
    "rabbit": [
        ("body", layer("E -32 -60 19 46 E 0 36 70 60", mirror=True)),
        ("shade", layer("E -32 -60 9 32", mirror=True)),
        ("dark", layer("E -27 24 9 12", mirror=True)),
        ("light", layer("R -11 62 22 22 4")),
        ("dark", layer("M-11 44 L11 44 L0 58 Z")),
    ],
    "hat": [
        ("body", layer("M-56 -86 Q0 -100 56 -86 L50 50 L-50 50 Z")),
        ("dark", layer("M-53 14 L53 14 L50 46 L-50 46 Z")),
        ("body", layer("M-104 48 Q0 70 104 48 Q98 88 0 90 Q-98 88 -104 48 Z")),
    ],
    "candle": [
        ("light", layer("M0 -104 Q32 -62 14 -44 Q0 -32 -14 -44 Q-32 -62 0 -104 Z")),
        ("dark", layer("R -3 -50 6 24 2")),
        ("body", layer("M-34 -30 L34 -30 L34 74 L-34 74 Z")),
        ("shade", layer("M-80 70 L80 70 Q70 100 30 100 L-30 100 Q-70 100 -80 70 Z")),
    ],
    "snowman": [
        ("body", layer("E 0 50 58 50 E 0 -32 38 36")),
        ("dark", layer("R -44 -70 88 12 4 R -28 -104 56 42 4")),
        ("dark", layer("E -14 -38 5 6", mirror=True)),
        ("shade", layer("M-3 -26 L34 -20 L-3 -16 Z")),
        ("dark", layer("E 0 28 6 6 E 0 52 6 6 E 0 76 6 6")),
    ],
    "owl": [
        ("body", layer("M-66 -96 Q0 -62 66 -96 C90 -20 80 96 0 96 C-80 96 -90 -20 -66 -96 Z")),
        ("shade", layer("M-74 -6 Q-90 60 -36 82 Q-44 20 -74 -6 Z", mirror=True)),
        ("light", layer("E -30 -36 28 28", mirror=True)),
        ("dark", layer("E -28 -36 13 13", mirror=True)),
        ("dark", layer("M-11 -22 L11 -22 L0 4 Z")),
    ],
    "whale": [
        ("shade", layer("M58 20 Q70 -30 46 -58 Q84 -58 88 -34 Q96 -60 110 -52 Q112 -10 92 34 Z")),
        ("shade", layer("M-52 -52 Q-84 -58 -82 -82 Q-60 -92 -52 -72 Q-44 -92 -22 -82 Q-20 -58 -48 -52 Z")),
        ("body", layer("M-100 20 C-100 -60 0 -66 44 -10 Q64 12 90 -10 Q104 76 -6 76 C-70 76 -100 60 -100 20 Z")),
        ("light", layer("M-96 40 Q-40 58 22 60 Q0 76 -20 76 C-66 76 -90 62 -96 40 Z")),
        ("dark", layer("E -62 10 8 9")),
    ],
    "robot": [
        ("dark", layer("R -4 -100 8 34 2 E 0 -94 11 11")),
        ("shade", layer("R -94 -8 26 62 10", mirror=True)),
        ("dark", layer("R -46 74 30 26 6", mirror=True)),
        ("body", layer("R -52 -72 104 62 12 R -62 -6 124 84 12")),
        ("light", layer("E -24 -42 15 15", mirror=True)),
        ("dark", layer("E -24 -42 7 7", mirror=True)),
        ("dark", layer("R -24 -24 48 8 3")),
    ],
    "turtle": [
        ("shade", layer("E -56 50 22 24 E 40 50 22 24")),
        ("shade", layer("M40 14 Q60 -34 88 -30 Q112 -24 104 2 Q98 24 56 44 Z M-70 30 L-104 52 L-60 50 Z")),
        ("body", layer("M-86 42 C-84 -84 66 -84 68 42 Z")),
        ("dark", layer("E 86 -10 6 7")),
    ],
}
