"""What PyTorch computes for each operator of @drum/graph: python tooling/golden/ops.py packages/graph/src/fixtures

A case's tensors are `<case>/in/<input>`, `<case>/w/<weight>` and `<case>/out/<output>`.
"""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

generator = torch.Generator().manual_seed(5)
tensors = {}


def randn(*shape):
    return torch.randn(*shape, generator=generator)


def case(name, inputs, weights, outputs):
    for kind, group in (("in", inputs), ("w", weights), ("out", outputs)):
        for key, tensor in group.items():
            tensors[f"{name}/{kind}/{key}"] = tensor.contiguous().clone()


def linear():
    x, weight, bias = randn(2, 3, 5), randn(6, 5), randn(6)
    case("linear", {"x": x}, {"weight": weight, "bias": bias}, {"y": F.linear(x, weight, bias)})
    case("linear without bias", {"x": x}, {"weight": weight}, {"y": F.linear(x, weight)})
    parts = F.linear(x, weight, bias).chunk(3, -1)
    case("linear parts", {"x": x}, {"weight": weight, "bias": bias}, {f"y{i}": part for i, part in enumerate(parts)})


def conv2d():
    x, bias = randn(2, 3, 7, 6), randn(4)
    shift = randn(1, 4)
    for name, kernel, stride, padding in (
        ("conv2d", 3, 1, (1, 1, 1, 1)),
        ("conv2d stride 2", 3, 2, (1, 1, 1, 1)),
        ("conv2d below and right", 3, 2, (0, 0, 1, 1)),
        ("conv2d all sides differ", 3, 1, (2, 0, 1, 3)),
        ("conv2d 1x1", 1, 1, (0, 0, 0, 0)),
    ):
        weight = randn(4, 3, kernel, kernel)
        top, left, bottom, right = padding
        y = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, stride=stride)
        weights = {"weight": weight, "bias": bias}
        case(name, {"x": x}, weights, {"y": y})
        if name == "conv2d":
            case("conv2d shifted", {"x": x, "shift": shift}, weights, {"y": y + shift[:, :, None, None]})
    weight = randn(4, 3, 3, 3)
    doubled = F.interpolate(x, scale_factor=2, mode="nearest")
    case("upsampleNearest2x", {"x": x}, {}, {"y": doubled})
    y = F.conv2d(doubled, weight, bias, padding=1)
    case("upsampleConv2d", {"x": x}, {"weight": weight, "bias": bias}, {"y": y})


def norms():
    x = randn(2, 8, 3, 5) * 3 + 1
    weights = {"weight": randn(8), "bias": randn(8)}
    case("groupNorm", {"x": x}, weights, {"y": F.group_norm(x, 4, **weights, eps=1e-6)})
    x, y = randn(2, 3, 8) * 3 + 1, randn(2, 3, 8)
    case("layerNorm", {"x": x}, weights, {"y": F.layer_norm(x, (8,), **weights, eps=1e-5)})
    case("layerNorm epsilon", {"x": x}, weights, {"y": F.layer_norm(x, (8,), **weights, eps=0.5)})
    case("addLayerNorm", {"x": x, "y": y}, weights, {"y": F.layer_norm(x + y, (8,), **weights, eps=1e-5)})


def elementwise():
    x = torch.cat([torch.linspace(-12, 12, 49), torch.tensor([-80.0, -1e-7, 0.0, 1e-7, 80.0])])
    outputs = {
        "gelu": F.gelu(x),
        "quickGelu": x * torch.sigmoid(1.702 * x),
        "silu": F.silu(x),
        "sigmoid": torch.sigmoid(x),
        "sin": torch.sin(x),
        "cos": torch.cos(x),
    }
    case("activations", {"x": x}, {}, outputs)
    a, b = randn(2, 1, 4), randn(3, 1) + 3
    outputs = {"add": a + b, "sub": a - b, "mul": a * b, "div": a / b, "exp": torch.exp(a), "half": a * 0.5}
    case("binary", {"a": a, "b": b}, {}, outputs)


def attention():
    for name, batch, heads, rows, tokens in (("attention", 2, 2, 5, 7), ("attention of a prompt", 1, 4, 77, 77)):
        q, k, v = randn(batch, rows, 16), randn(batch, tokens, 16), randn(batch, tokens, 16)

        def attend(causal):
            split = [x.view(*x.shape[:2], heads, -1).transpose(1, 2) for x in (q, k, v)]
            return F.scaled_dot_product_attention(*split, is_causal=causal).transpose(1, 2).flatten(2)

        outputs = {"y": attend(False)} | ({"causal": attend(True)} if rows == tokens else {})
        case(name, {"q": q, "k": k, "v": v}, {}, outputs)
    x = randn(2, 3, 4) * 5
    case("softmax", {"x": x}, {}, {"last": x.softmax(-1), "middle": x.softmax(1)})


def matmul():
    a, b, c, d, e = randn(2, 3, 4, 5), randn(5, 6), randn(2, 3, 6, 5), randn(2, 1, 4, 5), randn(3, 6, 5)
    inputs = {"a": a, "b": b, "c": c, "d": d, "e": e}
    outputs = {
        "plain": a @ b,
        "scaled": 0.25 * (a @ b),
        "transposed": a @ c.mT,
        "both": 0.25 * (a @ c.mT),
        "broadcast": d @ e.mT,
        "short": b.mT @ c.mT,
    }
    case("matmul", inputs, {}, outputs)


def shapes():
    x, table = randn(2, 3, 8), randn(5, 4)
    ids, positions = torch.tensor([[4, 0, 1], [2, 2, 3]]), torch.tensor([2, 0])
    case("gather", {"ids": ids}, {"weight": table}, {"y": table[ids]})
    case("gatherRows", {"x": x, "positions": positions}, {}, {"y": x[torch.arange(2), positions]})
    a, b = x.split(4, -1)
    outputs = {
        "slice": x[:, 1:3],
        "last": x[..., 5:8],
        "a": a,
        "b": b,
        "concat": torch.cat([x, x[:, 1:3]], 1),
        "transpose": x.permute(2, 0, 1),
        "heads": x.view(2, 3, 2, 4).permute(0, 2, 1, 3).reshape(2, 2, 12),
        "flat": x.flatten(0, 1),
    }
    case("shapes", {"x": x}, {}, outputs)


def scan():
    query, keys, shares = randn(2, 4), randn(3, 5, 4), randn(3, 5)
    weight = randn(4, 4)
    total = torch.zeros(2, 4)
    for chunk, share in zip(keys, shares):
        scores = (query @ chunk.T / math.sqrt(4)).softmax(-1) * share
        total = total + scores @ (chunk @ weight.T)
    case("scan", {"query": query, "keys": keys, "shares": shares}, {"weight": weight}, {"y": total})


def weighted_attention():
    """Keys whose attention counts by weights, one for own keys and one for others; the first rows are those of other batches."""
    q, k, v, others_k, others_v = randn(2, 3, 8), randn(2, 4, 8), randn(2, 4, 8), randn(2, 5, 8), randn(2, 5, 8)
    weight = torch.tensor(0.3)
    queries, keys, values = (each.view(2, -1, 2, 4).transpose(1, 2) for each in (q, torch.cat([k, others_k], 1), torch.cat([v, others_v], 1)))
    counts = torch.cat([torch.ones(4), weight.expand(5)])
    shares = (queries @ keys.mT / 2).softmax(-1) * counts
    y = (shares / shares.sum(-1, keepdim=True)) @ values
    inputs = {"q": q, "k": k, "v": v, "others_k": others_k, "others_v": others_v, "log_weight": weight.log().view(1)}
    scaled = F.scaled_dot_product_attention(queries, keys, values, scale=0.3)
    case("weighted attention", inputs, {}, {name: each.transpose(1, 2).flatten(2) for name, each in {"y": y, "scaled": scaled}.items()})


def main(folder: Path):
    for make in (linear, conv2d, norms, elementwise, attention, matmul, shapes, scan, weighted_attention):
        make()
    save_file(tensors, folder / "ops.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
