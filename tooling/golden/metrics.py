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


def whole_evaluation(random, users=8):
    """From features and intensities to the tables' numbers: per-user scores by Equation 3, Imp and its interval."""
    scores = {"original": [], "personalized": []}
    for _ in range(users):
        length = random.randint(3, 12)
        targets, history = features(random, TARGETS), features(random, length)
        intensities = random.randint(1, 11, length) / 10
        noise = {name: features(random, TARGETS) for name in scores}
        for name, share in (("original", 0), ("personalized", 0.5)):
            # In float32 throughout, with a share that rounds nothing: other languages get the same bits.
            embeddings = targets + np.float32(share) * history[0] + noise[name]
            to_targets = np.diag(similarities(embeddings, targets, np.ones(TARGETS))).mean()
            to_history = similarities(embeddings, history, intensities).mean()
            scores[name].append([to_targets, to_history])
    original, personalized = (np.array(scores[name]) for name in scores)
    draws = np.random.RandomState(42).randint(0, users, size=(2000, users))
    rates = [improvement(original[each].mean(axis=0), personalized[each].mean(axis=0)) for each in draws]
    return {
        "users": {name: [{"target": t, "history": h} for t, h in values] for name, values in scores.items()},
        "comparison": {
            "original": summary(original, draws, 0.95),
            "personalized": summary(personalized, draws, 0.95),
            "improvement": estimate(improvement(original.mean(axis=0), personalized.mean(axis=0)), rates, 0.95),
        },
    }


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
        "evaluation": whole_evaluation(np.random.RandomState(11)),
    }
    (folder / "metrics.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
