"""PeCA over conditions of any length, with each of the queries that are compared."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cosine_similarity

from encoder import AFTER, BEFORE, HEADS, LONGEST, WIDTH, conditions
from reader import places

LAYERS = 4
# Of empty, framed, learned and padded each row of the query depends on nothing but its place, the target's length, and what was learnt.
DESIGNS = ("empty", "own", "framed", "last", "padded", "mean", "learned")


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.proj = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.ff = nn.Sequential(nn.Linear(WIDTH, WIDTH // 4), QuickGelu(), nn.Linear(WIDTH // 4, WIDTH))
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)

    def forward(self, x, attend):
        x = self.norm1(x + self.proj(attend(self, self.query(x))))
        return self.norm2(x + self.ff(x))

    def look(self, query, rows, mask):
        """Ordinary attention: `query` `[batch, n, width]`, `rows` `[batch, m, width]`, of which those that `mask` leaves out are not seen."""
        q, k, v = (x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in (query, self.key(rows), self.value(rows)))
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None]).transpose(1, 2).flatten(2)


class QuickGelu(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Adapter(nn.Module):
    def __init__(self, design, model):
        super().__init__()
        self.design = design
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        # So long that there is padding enough for any prompt's middle.
        rows, mask = conditions(model, [""], 2 * LONGEST)
        self.register_buffer("empty", rows[0])
        self.empty_length = int(mask.sum())
        self.register_buffer("places", places(LONGEST))
        if design == "learned":
            self.table = nn.Parameter(torch.randn(LONGEST, WIDTH))

    def queries(self, target, mask):
        """Rows to begin with `[batch, n, width]` for conditions `[batch, n, width]`."""
        batch, n, _ = target.shape
        lengths = mask.sum(1)
        match self.design:
            case "padded" | "empty":
                return self.empty[:n].expand(batch, -1, -1)
            case "learned":
                return self.table[:n].expand(batch, -1, -1)
            case "framed":
                # The template's beginning, as many rows of padding as the prompt has, and the template's end.
                filling = self.empty[self.empty_length :]
                query = torch.cat([self.empty[: len(BEFORE)], filling])[:n].repeat(batch, 1, 1)
                ends = lengths[:, None] - len(AFTER) + torch.arange(len(AFTER))
                end = self.empty[self.empty_length - len(AFTER) : self.empty_length]
                return query.scatter(1, ends[..., None].expand(-1, -1, WIDTH), end.expand(batch, -1, -1))
            case "last":
                last = target[torch.arange(batch), lengths - 1]
                return last[:, None] + self.places[:n]
            case "mean":
                mean = (target * mask[..., None]).sum(1) / lengths[:, None]
                return mean[:, None] + self.places[:n]
            case "own":
                return target

    def forward(self, target, mask, references=None, reference_mask=None, alpha=0.0):
        """Equation 2: `references` `[batch, count, m, width]`, each with its own softmax, of equal shares."""

        def attend(block, query):
            own = block.look(query, target, mask)
            if references is None or alpha == 0:
                return own
            count = references.shape[1]
            each = block.look(query.repeat_interleave(count, 0), references.flatten(0, 1), reference_mask.flatten(0, 1))
            return (1 - alpha) * own + alpha * each.unflatten(0, (-1, count)).mean(1)

        x = self.queries(target, mask)
        for block in self.blocks:
            x = block(x, attend)
        return x


def loss_of(found, goal, mask):
    """1 − the mean cosine over a condition's rows (paper 5.1)."""
    return 1 - ((cosine_similarity(found, goal, dim=-1) * mask).sum(1) / mask.sum(1)).mean()


def rows_of(model, captions, design):
    """Conditions as a design takes them: padding is rows like others in one, and is left out in the others."""
    rows, mask = conditions(model, captions, LONGEST if design == "padded" else None)
    return rows, torch.ones_like(mask) if design == "padded" else mask


def train_adapter(design, model, encoded, seed, steps, log):
    """`encoded` has the conditions of a few thousand captions, made once, as `drum train` keeps them."""
    torch.manual_seed(2000 + seed)
    random = np.random.RandomState(2000 + seed)
    adapter = Adapter(design, model)
    matrices = [p for name, p in adapter.named_parameters() if p.dim() > 1 and "norm" not in name]
    others = [p for name, p in adapter.named_parameters() if p.dim() < 2 or "norm" in name]
    groups = [{"params": matrices, "weight_decay": 0.2}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=1 / 9)
    all_rows, all_masks = encoded
    for step in range(steps):
        chosen = torch.from_numpy(random.randint(0, len(all_rows), 64))
        mask = all_masks[chosen]
        longest = int(mask.sum(1).max())
        rows, mask = all_rows[chosen, :longest], mask[:, :longest]
        loss = loss_of(adapter(rows, mask), rows, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            log(f"{design} {step}: {loss.item():.4f}")
    return adapter.eval()
