"""Steps of training in PyTorch: python training.py FOLDER THREADS float32 training

The adapter as peca.py has it, without guidance, with dropout where the published code drops: attention weights, and what
attention and feed-forward add.
"""

from measuring import folder, inputs, serve, torch
from safetensors.torch import load_file
from torch import nn

TOKENS, WIDTH, HEADS, LAYERS = 77, 768, 12, 10
batch, dropout = 16, 0.1
torch.set_grad_enabled(True)
torch.manual_seed(42)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.proj = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, context):
        def split(y):
            return y.unflatten(-1, (HEADS, -1)).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(context)), split(self.value(context))
        scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
        return self.proj((self.dropout(scores.softmax(-1)) @ value).transpose(1, 2).flatten(-2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = Attention()
        self.ff = nn.ModuleList([nn.Linear(WIDTH, WIDTH // 4), nn.Identity(), nn.Linear(WIDTH // 4, WIDTH)])
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, context):
        x = self.norm1(x + self.dropout(self.attn(x, context)))
        hidden = self.ff[0](x)
        return self.norm2(x + self.dropout(self.ff[2](hidden * torch.sigmoid(1.702 * hidden))))


class Adapter(nn.Module):
    def __init__(self):
        super().__init__()
        self.tf = nn.ModuleList(Block() for _ in range(LAYERS))

    def forward(self, context, query):
        for block in self.tf:
            query = block(query, context)
        return query


def loss_of(found, goal):
    similarity = torch.cosine_similarity(found, goal, dim=-1)
    return (1 - similarity[:, :-1].mean()) + (1 - similarity[:, -1].mean())


adapter = Adapter().train()
adapter.load_state_dict(load_file(f"{folder}/adapter/adapter.safetensors"))
# The class row is the last token's.
goal, query = (
    torch.cat([states, states[:, -1:]], dim=1) for states in (inputs("condition", batch, TOKENS, WIDTH), inputs("condition", 1, TOKENS, WIDTH))
)
named = list(adapter.named_parameters())
spared = [parameter for name, parameter in named if parameter.ndim < 2 or "norm" in name or "bias" in name]
groups = [
    {"params": spared, "weight_decay": 0.0},
    {"params": [parameter for _, parameter in named if not any(parameter is each for each in spared)]},
]
optimizer = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.2)


def step():
    optimizer.zero_grad()
    loss = loss_of(adapter(goal[:, :-1], query), goal)
    loss.backward()
    optimizer.step()


serve(lambda _: step())
