"""Where the things of a scene stand."""

WIDTH = 128
RADII = {"1": {"small": 24, "medium": 38, "large": 54}, "many": {"small": 17, "medium": 22, "large": 26}}
GRIDS = {
    "1": [(0, 0)],
    "2": [(-0.5, 0), (0.5, 0)],
    "3": [(0, -0.5), (-0.5, 0.5), (0.5, 0.5)],
    "4": [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)],
}
SIDES = {"centre": (0, 0), "left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}


def places(scene, random):
    """(x, y, lean in degrees) of each thing, and their radius in pixels."""
    count, (dx, dy) = scene["count"], SIDES[scene["position"]]
    radius = RADII["1" if count == "1" else "many"][scene["size"]]
    grid = GRIDS[count]
    if count == "1":
        radius = radius if dx == dy else min(radius, 44)
    elif dx or dy:
        radius = min(radius, 60 / int(count))
        grid = [(0, i - (int(count) - 1) / 2) if dx else (i - (int(count) - 1) / 2, 0) for i in range(int(count))]
    step, reach, middle = 2 * radius + 5, WIDTH / 2 - radius - 5, WIDTH / 2
    lean, shake = 6, 1.5
    return [
        (
            middle + dx * reach + step * gx + random.uniform(-shake, shake),
            middle + dy * reach + step * gy + random.uniform(-shake, shake),
            random.uniform(-lean, lean),
        )
        for gx, gy in grid
    ], radius
