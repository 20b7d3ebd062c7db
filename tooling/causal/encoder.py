"""A small causal text encoder: Qwen3 as transformers has it, trained to answer a caption with another of the same scene."""

import re
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import Qwen3Config, Qwen3ForCausalLM

sys.path.append(str(Path(__file__).parent.parent / "tiny"))
from captions import WORDS, describe, random_scene, tell  # noqa: E402

PAD, START, END, NEWLINE, USER, ASSISTANT = range(6)
# As Qwen3's chat template puts one user's message.
BEFORE, AFTER = [START, USER, NEWLINE], [END, NEWLINE, START, ASSISTANT, NEWLINE]
WIDTH, HEADS = 64, 4
# Rows of a padded condition; the longest caption with its template is shorter.
LONGEST = 20
# What captions tell beside the subject; how much of it, each draws for itself.
LIKED = ("colour", "pattern", "style")
CLASSES = {"subject": list(WORDS["subjects"]), **{name: ["open", *WORDS[f"{name}s"]] for name in LIKED}}


def words_of(caption):
    return re.findall(r"[a-z0-9]+|[^\sa-z0-9]", caption.lower())


def told(random):
    scene = tell(random, random_scene(random))
    return {"subject": scene["subject"], "count": "1", **{name: scene[name] for name in LIKED if name in scene}}


def vocabulary():
    random = np.random.RandomState(0)
    words = {word for _ in range(20_000) for word in words_of(describe(random, told(random)))}
    return {word: 6 + i for i, word in enumerate(sorted(words))}


VOCABULARY = vocabulary()


def ids_of(caption):
    # A word that 20,000 captions did not have is left out, which is rare.
    return [VOCABULARY[word] for word in words_of(caption) if word in VOCABULARY]


def prompt_ids(caption):
    return [*BEFORE, *ids_of(caption), *AFTER][:LONGEST]


def padded(lines, length=None):
    length = length or max(map(len, lines))
    ids = torch.full((len(lines), length), PAD)
    mask = torch.zeros(len(lines), length, dtype=torch.bool)
    for i, line in enumerate(lines):
        ids[i, : len(line)] = torch.tensor(line)
        mask[i, : len(line)] = True
    return ids, mask


def pairs(random, count):
    """Two captions of what is told of a scene, and that."""
    each = [told(random) for _ in range(count)]
    return [describe(random, one) for one in each], [describe(random, one) for one in each], each


def train_encoder(seed, steps, log):
    torch.manual_seed(seed)
    random = np.random.RandomState(seed)
    config = Qwen3Config(
        vocab_size=6 + len(VOCABULARY), hidden_size=WIDTH, intermediate_size=160, num_hidden_layers=4, num_attention_heads=HEADS,
        num_key_value_heads=2, head_dim=WIDTH // HEADS, tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 1e6},
    )  # fmt: skip
    model = Qwen3ForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for step in range(steps):
        first, second, _ = pairs(random, 32)
        ids, mask = padded([[*prompt_ids(a), *ids_of(b), END] for a, b in zip(first, second)])
        logits = model(ids, attention_mask=mask.long()).logits
        goal = ids[:, 1:].masked_fill(~mask[:, 1:], -100)
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), goal.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            log(f"encoder {step}: {loss.item():.3f}")
    return model.eval()


@torch.no_grad()
def conditions(model, captions, length=None):
    """Rows `[captions, length, width]` of `hidden_states[-2]`, each of mean square 1, as Z-Image norms them, and which are a caption's own."""
    ids, mask = padded([prompt_ids(caption) for caption in captions], length)
    states = model(ids, attention_mask=mask.long(), output_hidden_states=True).hidden_states[-2]
    return states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + 1e-6), mask


def labels(told, names=tuple(CLASSES)):
    return {name: torch.tensor([CLASSES[name].index(each.get(name, "open")) for each in told]) for name in names}
