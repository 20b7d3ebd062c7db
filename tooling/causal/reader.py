"""What reads conditions in the denoiser's place: a text feature, and the attributes that a condition names."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from encoder import CLASSES, LONGEST, WIDTH, conditions, labels, pairs


def places(length, width=WIDTH):
    """Sines and cosines of a row's place, of mean square 1."""
    angles = torch.arange(length)[:, None] * 1000.0 ** (-torch.arange(0, width, 2) / width)
    return torch.cat([angles.sin(), angles.cos()], -1) * 2**0.5


class Reader(nn.Module):
    """Looks at all rows and knows their places, as the denoisers of Z-Image and FLUX.2 do."""

    def __init__(self, inner=48):
        super().__init__()
        self.enter = nn.Linear(WIDTH, inner)
        layer = nn.TransformerEncoderLayer(inner, 4, 4 * inner, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.feature = nn.Linear(inner, 64)
        self.attributes = nn.ModuleDict({name: nn.Linear(inner, len(classes)) for name, classes in CLASSES.items()})
        self.register_buffer("places", places(LONGEST, inner))

    def forward(self, rows, mask):
        """`rows` `[batch, length, width]` → features of length 1 `[batch, 64]`, and the scores of each attribute."""
        rows = rows * torch.rsqrt(rows.pow(2).mean(-1, keepdim=True) + 1e-6)
        x = self.layers(self.enter(rows) + self.places[: rows.shape[1]], src_key_padding_mask=~mask)
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return normalize(self.feature(pooled), dim=-1), {name: head(pooled) for name, head in self.attributes.items()}


def train_reader(model, seed, steps, keeps_padding, log):
    torch.manual_seed(seed)
    random = np.random.RandomState(1000 + seed)
    first, second, told = pairs(random, 2000)
    rows, mask = conditions(model, first + second, LONGEST)
    mask = torch.ones_like(mask) if keeps_padding else mask
    goal = labels(told)
    reader = Reader()
    optimizer = torch.optim.AdamW(reader.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for step in range(steps):
        chosen = torch.from_numpy(random.randint(0, 2000, 32))
        both = torch.cat([chosen, 2000 + chosen])
        features, scores = reader(rows[both], mask[both])
        similarity = features[:32] @ features[32:].T / 0.1
        own = torch.arange(32)
        loss = (cross_entropy(similarity, own) + cross_entropy(similarity.T, own)) / 2
        loss = loss + sum(cross_entropy(scores[name], goal[name][chosen].repeat(2)) for name in CLASSES)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            log(f"reader {step}: {loss.item():.3f}")
    return reader.eval()
