"""NumPy's side of coreset.ts: Algorithm 1 over raw float32 files; prints one JSON line with seconds and picks."""

import json
import sys
import time

import numpy as np


def normalise(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def once(rows, weights, count, probes):
    """What one would write: unit rows once, then one matrix-vector product a pick."""
    units = normalise(rows)
    distance = (units @ units[probes].T).mean(axis=1) * weights
    picks = []
    for _ in range(count):
        pick = int(np.argmax(distance))
        picks.append(pick)
        np.minimum(distance, (units @ units[pick]) * weights, out=distance)
        distance[pick] = -np.inf
    return picks


def again(rows, weights, count, probes):
    """The published code's arithmetic: all rows are normalised anew for each pick."""
    distance = (100 * normalise(rows) @ normalise(rows[probes]).T).mean(axis=1) * weights
    picks = []
    for _ in range(count):
        pick = int(np.argmax(distance))
        picks.append(pick)
        similarity = (100 * normalise(rows) @ normalise(rows[[pick]]).T)[:, 0]
        distance = np.minimum(distance, similarity * weights)
        distance[pick] = -np.inf
    return picks


def main():
    rule, rows, weights, width, count, dtype = sys.argv[1:7]
    rows = np.fromfile(rows, np.float32).reshape(-1, int(width)).astype(dtype)
    weights = np.fromfile(weights, np.float32).astype(dtype) if weights else np.ones(len(rows), dtype)
    start = time.perf_counter()
    probes = np.random.RandomState(42).choice(len(rows), min(10, len(rows)), replace=False)
    picks = {"once": once, "again": again}[rule](rows, weights, int(count), probes)
    print(json.dumps({"seconds": time.perf_counter() - start, "picks": picks}))


main()
