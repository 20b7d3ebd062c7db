"""Which query and which lengths PeCA should have behind a causal encoder: nice -n 10 python tooling/causal/compare.py --seeds 0 1 2

Prints the table of docs/decisions/causal-encoders.md, and writes its numbers with --out.
"""

import argparse
import json
import multiprocessing
import sys
import time
from pathlib import Path

import numpy as np
import torch

from adapter import DESIGNS, loss_of, rows_of, train_adapter
from encoder import CLASSES, LIKED, describe, labels, pairs, random_scene, train_encoder
from reader import train_reader

ALPHAS = (0.0, 0.3, 0.6)
REFERENCES = 8


def log(text):
    print(f"{time.process_time():6.0f} s  {text}", file=sys.stderr, flush=True)


def users(seed, count):
    """A user likes a colour, a pattern and a style, which each of their prompts says; the target says its subject alone."""
    random = np.random.RandomState(3000 + seed)
    made = []
    while len(made) < count:
        taste = {name: value for name, value in random_scene(random).items() if name in LIKED}
        history = [describe(random, {"subject": scene["subject"], "count": "1", **taste}) for scene in (random_scene(random) for _ in range(REFERENCES))]
        target = {"subject": random_scene(random)["subject"], "count": "1"}
        made.append((taste, history, describe(random, target), target))
    return made


@torch.no_grad()
def measure(adapter, design, model, reader, people):
    """Of each user, for each α: cosines × 100 to target and history, and what the reader finds."""
    targets, mask = rows_of(model, [target for _, _, target, _ in people], design)
    flat, flat_mask = rows_of(model, [prompt for _, history, _, _ in people for prompt in history], design)
    references, reference_mask = (x.unflatten(0, (-1, REFERENCES)) for x in (flat, flat_mask))
    goal, _ = reader(targets, mask)
    liked, liked_scores = reader(flat, flat_mask)
    liked = liked.unflatten(0, (-1, REFERENCES))
    # What a history's prompts have in common, each with the others.
    alike = liked @ liked.transpose(1, 2)
    others = (alike.sum((1, 2)) - REFERENCES) / (REFERENCES * (REFERENCES - 1))
    read = {name: (liked_scores[name].argmax(-1) == label).float().mean().item() for name, label in labels([taste for taste, _, _, _ in people for _ in range(REFERENCES)], LIKED).items()}
    result = {"history": {"history": (100 * others).tolist(), "taste": [100 * float(np.mean(list(read.values())))] * len(people)}}
    for alpha in ("none", *ALPHAS):
        found = targets if alpha == "none" else adapter(targets, mask, references, reference_mask, alpha)
        feature, scores = reader(found, mask)
        read = {name: [CLASSES[name][i] for i in scores[name].argmax(-1)] for name in CLASSES}
        result[alpha] = {
            "target": (100 * (feature * goal).sum(-1)).tolist(),
            "history": (100 * (feature[:, None] * liked).sum(-1).mean(-1)).tolist(),
            "subject": [100.0 * (read["subject"][i] == told["subject"]) for i, (_, _, _, told) in enumerate(people)],
            "taste": [100 * float(np.mean([read[name][i] == taste[name] for name in LIKED])) for i, (taste, _, _, _) in enumerate(people)],
        }
    return result


def interval(values, random):
    """The mean, and half of a 95 % interval of it by bootstrap over users."""
    values = np.array(values)
    means = values[random.randint(0, len(values), (2000, len(values)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.1f} ± {(high - low) / 2:.1f}"


def mean_rows(encoded, held_out):
    """The loss of an answer that knows a row's place and nothing else: the mean row of its place."""
    (rows, mask), (goal, own) = encoded, held_out
    mean = (rows * mask[..., None]).sum(0) / mask.sum(0)[:, None].clamp(min=1)
    n = min(len(mean), goal.shape[1])
    return loss_of(mean[None, :n].expand(len(goal), -1, -1), goal[:, :n], own[:, :n]).item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="of adapters and users; the encoder and the readers are of seed 0")
    parser.add_argument("--designs", nargs="+", default=list(DESIGNS))
    parser.add_argument("--users", type=int, default=150)
    parser.add_argument("--steps", type=int, nargs=3, default=[400, 300, 400], help="of the encoder, a reader, an adapter")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="numbers so far, written after each adapter")
    args = parser.parse_args()
    torch.set_num_threads(1)
    fork = multiprocessing.get_context("fork")
    model = train_encoder(0, args.steps[0], log).requires_grad_(False)
    with fork.Pool(args.processes) as pool:
        forms = sorted({design == "padded" for design in args.designs})
        readers = dict(zip(forms, pool.starmap(train_reader, [(model, 0, args.steps[1], padding, log) for padding in forms])))
    random = np.random.RandomState(4000)
    captions, held_out = pairs(random, 2000)[0], pairs(random, 400)[0]
    sets = {design: tuple(rows_of(model, some, design) for some in (captions, held_out)) for design in ("empty", "padded")}
    people = {seed: users(seed, args.users) for seed in args.seeds}
    SHARED.update(model=model, readers=readers, people=people, sets=sets, steps=args.steps[2])
    found = {}
    with fork.Pool(args.processes, maxtasksperchild=1) as pool:
        for design, loss, mean, measured in pool.imap(one, [(design, seed) for seed in args.seeds for design in args.designs]):
            own = found.setdefault(design, {"losses": [], "meanRows": mean, "users": {}})
            own["losses"].append(loss)
            for alpha, values in measured.items():
                for name, each in values.items():
                    own["users"].setdefault(str(alpha), {}).setdefault(name, []).extend(each)
            if args.out:
                args.out.write_text(json.dumps(found))
    report(found)


# What the processes find as the first one left it.
SHARED = {}


def one(task):
    """Trains and measures an adapter."""
    design, seed = task
    model, keeps_padding = SHARED["model"], design == "padded"
    encoded, (rows, mask) = SHARED["sets"]["padded" if keeps_padding else "empty"]
    adapter = train_adapter(design, model, encoded, seed, SHARED["steps"], log)
    with torch.no_grad():
        loss = loss_of(adapter(rows, mask), rows, mask).item()
    measured = measure(adapter, design, model, SHARED["readers"][keeps_padding], SHARED["people"][seed])
    return design, loss, mean_rows(encoded, (rows, mask)), measured


def report(found):
    random = np.random.RandomState(0)
    print("| query | loss | of mean rows | α | align to target | align to history | subject read, % | taste read, % |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for design, own in found.items():
        for alpha, values in own["users"].items():
            loss = " to ".join(f"{each(own['losses']):.4f}" for each in (min, max))
            cells = [interval(values[name], random) if name in values else "" for name in ("target", "history", "subject", "taste")]
            print(f"| {design} | {loss} | {own['meanRows']:.3f} | {alpha} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
