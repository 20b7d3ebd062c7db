"""PeCA and its guidance in plain PyTorch, as one would write it from the paper and the published code: all references' tokens
stand behind the target's in one context, each reference with a softmax of its own (section 4.4, equation 2).

Mirrors https://github.com/Burf/DrUM/blob/main/drum/model.py
"""

import torch
from safetensors.torch import load_file
from torch import nn

BATCH = 64  # prompts encoded at once, as the published code does


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, context, shares, alpha):
        """x [1, rows, width], context [1, (1 + references) · tokens, width], shares [references]."""

        def split(y):
            return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(context)), split(self.value(context))
        scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
        # One softmax for each condition's own tokens, then (1 − α) for the target and α · share for each reference.
        weights = torch.cat([torch.tensor([1 - alpha]), alpha * shares]).to(scores.dtype)
        attention = scores.unflatten(-1, (len(weights), -1)).softmax(-1) * weights[:, None]
        return self.proj((attention.flatten(-2) @ value).transpose(1, 2).flatten(-2))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attn = Attention(width, heads)
        self.ff = nn.ModuleList([nn.Linear(width, width // 4), nn.Identity(), nn.Linear(width // 4, width)])
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x, context, shares, alpha):
        x = self.norm1(x + self.attn(x, context, shares, alpha))
        hidden = self.ff[0](x)
        return self.norm2(x + self.ff[2](hidden * torch.sigmoid(1.702 * hidden)))


class PersonalizedAdapter(nn.Module):
    def __init__(self, width, heads, layers, tokens):
        super().__init__()
        self.base_query = nn.Parameter(torch.empty(1, tokens + 1, width))
        self.tf = nn.ModuleList(Block(width, heads) for _ in range(layers))

    @classmethod
    def load(cls, path, heads):
        state = load_file(path)
        _, rows, width = state["base_query"].shape
        layers = len({name.split(".")[1] for name in state if name.startswith("tf.")})
        adapter = cls(width, heads, layers, rows - 1)
        adapter.load_state_dict(state)
        return adapter.eval()

    def forward(self, context, shares, alpha, query):
        for block in self.tf:
            query = block(query, context, shares, alpha)
        return query


def encode(encoder, tokenizer, prompts):
    """Raw hidden states [prompts, tokens, width], and the ids."""
    ids = tokenizer(prompts, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    states = [encoder(part, output_hidden_states=True).hidden_states[-1] for part in ids.split(BATCH)]
    return torch.cat(states), ids


def base_query(encoder, tokenizer):
    """The raw hidden states of the empty prompt, and its class row behind them: [1, tokens + 1, width]."""
    hidden, ids = encode(encoder, tokenizer, [""])
    return torch.cat([hidden, hidden[:, ids.argmax(-1)]], dim=1)


def condition(encoder, tokenizer, adapter, query, target, references, alpha=0.3):
    """prompt_embeds [1, tokens, width] of one prompt, steered by references of equal intensity."""
    hidden = encode(encoder, tokenizer, [target])[0]
    context = torch.cat([hidden, *encode(encoder, tokenizer, references)[0].split(1)], dim=1)
    shares = torch.full((len(references),), 1 / len(references))
    out = adapter(context, shares, alpha, query)
    norm = getattr(encoder, "text_model", encoder).final_layer_norm
    return norm(out[:, :-1])
