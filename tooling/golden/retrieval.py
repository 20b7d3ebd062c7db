"""BM25 scores, and which prompts repeat earlier ones: python tooling/golden/retrieval.py packages/eval/src/fixtures

Over made-up histories in which prompts are tried again with small changes, as users do.
"""

import json
import sys
import warnings
from pathlib import Path

import bm25s
import numpy as np
from nltk.translate.bleu_score import sentence_bleu

WORDS = "a the of in sea sky red blue cat dog castle girl boy fog night light oil canvas 8k détail".split()
K1, B, ALIKE = 2, 0.5, 0.5


def history(random, count):
    prompts = []
    for _ in range(count):
        if prompts and random.rand() < 0.5:
            words = prompts[random.randint(len(prompts))].split(" ")
            if random.rand() < 0.3:
                words[random.randint(len(words))] = WORDS[random.randint(len(WORDS))]
            # Longer or shorter, so that BLEU's brevity penalty has its say.
            words += [WORDS[i] for i in random.randint(0, len(WORDS), random.randint(8))]
            words = words[: max(1, len(words) - random.randint(6))]
        else:
            # Frequent words are those of the list's front.
            words = [WORDS[int(len(WORDS) * random.rand() ** 1.7)] for _ in range(random.randint(1, 14))]
        prompts.append(" ".join(words))
    return prompts


def without_repeats(prompts):
    """Tailored Visions' way: BLEU below one half over all that were kept, then exact repeats."""
    kept = []
    for prompt in prompts:
        if not kept or sentence_bleu([each.split() for each in kept], prompt.split()) < ALIKE:
            kept.append(prompt)
    return list(dict.fromkeys(kept))


def main(folder: Path):
    warnings.simplefilter("ignore")  # nltk's, of n-grams that are not there
    random = np.random.RandomState(11)
    cases = []
    for count in (1, 5, 40, 40) + 30 * (8,):
        prompts = history(random, count)
        queries = history(random, 3) + ["unicorn", "a a cat"]
        model = bm25s.BM25(method="lucene", k1=K1, b=B, dtype="float64")
        model.index([prompt.split() for prompt in prompts], show_progress=False)
        scores = [model.get_scores(query.split()).tolist() for query in queries]
        kept = without_repeats(prompts)
        cases.append({"prompts": prompts, "queries": queries, "scores": scores, "kept": kept})
    (folder / "retrieval.json").write_text(json.dumps(cases, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
