"""The subjects as polygons in a square from -1 to 1, y down: `body` parts are filled, `detail` parts lie on them in a darker tone."""

import numpy as np


def arc(cx, cy, rx, ry, start=0.0, end=360.0, n=28):
    t = np.radians(np.linspace(start, end, n))
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], 1)


def points(*xy):
    return np.array(xy, dtype=float).reshape(-1, 2)


def star():
    t = np.radians(-90 + 36 * np.arange(10))
    r = np.where(np.arange(10) % 2 == 0, 1.08, 0.46)
    return np.stack([r * np.cos(t), 0.06 + r * np.sin(t)], 1)


def heart():
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x / 16.5, (y - 2.5) / 15.5], 1)


def moon():
    outer = arc(-0.05, 0, 0.98, 0.98, 52, 308, 30)
    inner = arc(0.38, 0, 0.80, 0.80, 285, 75, 24)
    return np.concatenate([outer, inner])


PETALS = [arc(0.56 * np.cos(a), 0.56 * np.sin(a), 0.42, 0.42) for a in np.radians(-90 + 72 * np.arange(5))]

SHAPES = {
    "circle": {"body": [arc(0, 0, 0.95, 0.95, n=44)], "detail": []},
    "square": {"body": [points(-0.85, -0.85, 0.85, -0.85, 0.85, 0.85, -0.85, 0.85)], "detail": []},
    "triangle": {"body": [points(0, -0.98, 1.0, 0.8, -1.0, 0.8)], "detail": []},
    "star": {"body": [star()], "detail": []},
    "heart": {"body": [heart()], "detail": []},
    "moon": {"body": [moon()], "detail": []},
    "house": {
        "body": [points(-0.75, -0.15, 0.75, -0.15, 0.75, 0.95, -0.75, 0.95), points(-1.0, -0.15, 0, -1.0, 1.0, -0.15)],
        "detail": [points(-0.2, 0.3, 0.2, 0.3, 0.2, 0.95, -0.2, 0.95)],
    },
    "tree": {
        "body": [arc(0, -0.3, 0.8, 0.7, n=36)],
        "detail": [points(-0.16, 0.36, 0.16, 0.36, 0.2, 1.0, -0.2, 1.0)],
    },
    "fish": {
        "body": [arc(-0.2, 0, 0.78, 0.55, n=36), points(0.42, 0, 1.0, -0.5, 1.0, 0.5)],
        "detail": [arc(-0.6, -0.12, 0.11, 0.11, n=14)],
    },
    "flower": {"body": PETALS, "detail": [arc(0, 0, 0.32, 0.32, n=20)]},
    "boat": {
        "body": [points(-1.0, 0.4, 1.0, 0.4, 0.6, 0.92, -0.6, 0.92), points(0.06, -0.98, 0.85, 0.24, 0.06, 0.24)],
        "detail": [points(-0.1, -1.0, 0.06, -1.0, 0.06, 0.4, -0.1, 0.4)],
    },
    "cup": {
        "body": [
            points(-0.85, -0.7, 0.45, -0.7, 0.36, 0.85, -0.76, 0.85),
            np.concatenate([arc(0.42, 0.0, 0.56, 0.48, -80, 80, 18), arc(0.42, 0.0, 0.32, 0.26, 80, -80, 18)]),
        ],
        "detail": [],
    },
    "cat": {
        "body": [
            arc(0, 0.2, 0.85, 0.74, n=40),
            points(-0.8, 0.05, -0.75, -0.95, -0.15, -0.45),
            points(0.8, 0.05, 0.75, -0.95, 0.15, -0.45),
        ],
        "detail": [arc(-0.33, 0.1, 0.12, 0.15, n=14), arc(0.33, 0.1, 0.12, 0.15, n=14), points(-0.12, 0.4, 0.12, 0.4, 0, 0.56)],
    },
    "mushroom": {
        "body": [np.concatenate([arc(0, 0.1, 0.98, 0.98, 180, 360, 30)])],
        "detail": [points(-0.28, 0.1, 0.28, 0.1, 0.34, 0.95, -0.34, 0.95)],
    },
}
