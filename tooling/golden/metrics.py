"""The paper's metrics over made-up features and scores: python tooling/golden/metrics.py packages/eval/src/fixtures

Drawn with NumPy's RandomState, so that the test draws the same and only results are kept.
"""

import json
import sys
from pathlib import Path

import numpy as np

WIDTH, TARGETS, HISTORY, USERS = 24, 2, 9, 37


def features(random, rows):
    return (random.randn(rows * WIDTH) + 0.5).astype(np.float32).reshape(rows, WIDTH)


def similarities(embeddings, references, intensities):
    """Equation 3, x 100."""
    e, r = (x.astype(np.float64) for x in (embeddings, references))
    e /= np.linalg.norm(e, axis=1, keepdims=True)
    r /= np.linalg.norm(r, axis=1, keepdims=True)
    return 100 * (e @ r.T) * np.asarray(intensities)


def improvement(original, personalized):
    return float(np.mean(personalized / original - 1, axis=-1))


def estimate(value, draws, confidence):
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"value": float(value), "low": float(low), "high": float(high)}


def summary(scores, draws, confidence):
    means = scores[draws].mean(axis=1)
    columns = zip(("target", "history"), scores.mean(axis=0), means.T)
    return {name: estimate(value, drawn, confidence) for name, value, drawn in columns}


def main(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(7)
    embeddings, targets, history = (features(random, rows) for rows in (TARGETS, TARGETS, HISTORY))
    intensities = random.randint(0, 11, HISTORY) / 10
    to_history = similarities(embeddings, history, intensities)
    to_targets = np.diag(similarities(embeddings, targets, np.ones(TARGETS)))

    # Users as far apart as the paper's are; target, then history.
    original = 20 + 4 * random.randn(USERS * 2).reshape(USERS, 2) - np.array([0, 9])
    personalized = original + np.array([2, 4]) + random.randn(USERS * 2).reshape(USERS, 2)
    cases = []
    for seed, resamples, confidence in ((42, 2000, 0.95), (5, 301, 0.8)):
        draws = np.random.RandomState(seed).randint(0, USERS, size=(resamples, USERS))
        rates = [improvement(original[each].mean(axis=0), personalized[each].mean(axis=0)) for each in draws]
        cases.append({
            "options": {"seed": seed, "resamples": resamples, "confidence": confidence},
            "original": summary(original, draws, confidence),
            "personalized": summary(personalized, draws, confidence),
            "improvement": estimate(improvement(original.mean(axis=0), personalized.mean(axis=0)), rates, confidence),
        })
    written = {
        "similarities": to_history.tolist(),
        "scores": {"target": float(to_targets.mean()), "history": float(to_history.mean())},
        "cases": cases,
    }
    (folder / "metrics.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
