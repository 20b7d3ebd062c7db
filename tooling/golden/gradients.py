"""PyTorch's gradients by each operator of @drum/graph: python tooling/golden/gradients.py packages/graph/src/fixtures

A case's loss is the sum of its results, each times a tensor `<case>/by/<result>`. Its other tensors are `<case>/in/<input>`
and, for the inputs that have a gradient, `<case>/grad/<input>`. Computed in float64.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

generator = torch.Generator().manual_seed(7)
tensors = {}


def randn(*shape):
    return torch.randn(*shape, generator=generator)


def case(name, inputs, compute, constants=None):
    """`compute` takes inputs, then constants, and gives a tensor, or tensors by name."""
    constants = constants or {}
    wide = {key: tensor.double().requires_grad_() for key, tensor in inputs.items()}
    results = compute(*wide.values(), *constants.values())
    results = results if isinstance(results, dict) else {"y": results}
    loss = 0
    for key, result in results.items():
        by = randn(*result.shape)
        tensors[f"{name}/by/{key}"] = by
        loss = loss + (result * by.double()).sum()
    for (key, tensor), grad in zip(inputs.items(), torch.autograd.grad(loss, list(wide.values()))):
        tensors[f"{name}/grad/{key}"] = grad.float()
        tensors[f"{name}/in/{key}"] = tensor
    for key, tensor in constants.items():
        tensors[f"{name}/in/{key}"] = tensor


def elementwise():
    functions = {
        "neg": torch.neg,
        "exp": torch.exp,
        "sin": torch.sin,
        "cos": torch.cos,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "erf": torch.erf,
        "quickGelu": lambda x: x * torch.sigmoid(1.702 * x),
        "silu": F.silu,
        "gelu": F.gelu,
        "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
        "mish": F.mish,
        "relu": F.relu,
        "softplus": F.softplus,
    }
    for name, function in functions.items():
        case(name, {"x": torch.linspace(-4, 4, 12).reshape(3, 4)}, function)
    case("sqrt", {"x": torch.linspace(0.2, 4, 6)}, torch.sqrt)
    case("clip", {"x": torch.linspace(-2, 2, 12)}, lambda x: x.clamp(-1, 0.7))
    a, b, c = randn(2, 1, 4), randn(3, 1) + 3, randn(1)
    for name in ("add", "sub", "mul", "div"):
        case(name, {"a": a, "b": b}, getattr(torch, name))
        case(f"{name} turned", {"a": a, "b": b}, lambda a, b, name=name: getattr(torch, name)(b, a + 4))
    case("scalars", {"a": a, "c": c}, lambda a, c: (a * c + 2) * 0.5)
    condition = torch.tensor([[True, False, True, True], [False, False, True, False]])
    case("where", {"a": randn(2, 4), "b": randn(4)}, lambda a, b, condition: torch.where(condition, a, b), {"condition": condition})
    case("used thrice", {"a": a}, lambda a: a * a + a)


def linalg():
    a, b, c = randn(2, 3, 4, 5), randn(5, 6), randn(2, 3, 6, 5)
    case("matmul", {"a": a, "b": b}, lambda a, b: a @ b)
    case("matmul scaled", {"a": a, "b": b}, lambda a, b: 0.25 * (a @ b))
    case("matmul transB", {"a": a, "c": c}, lambda a, c: a @ c.mT)
    case("matmul transA", {"c": c, "d": randn(2, 3, 6, 4)}, lambda c, d: 0.5 * (c.mT @ d))
    case("matmul transA of one matrix", {"d": randn(3, 6, 4), "e": randn(6, 2)}, lambda d, e: d.mT @ e)
    case("matmul both", {"d": randn(3, 6, 4), "e": randn(3, 5, 6)}, lambda d, e: d.mT @ e.mT)
    case("matmul broadcast", {"d": randn(2, 1, 4, 5), "e": randn(3, 6, 5)}, lambda d, e: d @ e.mT)
    case("matmul short", {"b": b.T.contiguous(), "c": c}, lambda b, c: b @ c.mT)
    x, weight, bias = randn(2, 3, 5), randn(6, 5), randn(6)
    case("affine", {"x": x, "weight": weight, "bias": bias}, F.linear)
    case("affine without bias", {"x": x, "weight": weight}, F.linear)
    x = randn(2, 3, 4)
    case("softmax", {"x": x}, lambda x: x.softmax(-1))
    case("softmax middle", {"x": x}, lambda x: x.softmax(1))


def attend(q, k, v, heads, **options):
    split = [x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (q, k, v)]
    return F.scaled_dot_product_attention(*split, **options).transpose(1, 2).flatten(2)


def attention():
    q, k, v = randn(2, 3, 8), randn(2, 5, 8), randn(2, 5, 8)
    case("attention", {"q": q, "k": k, "v": v}, lambda q, k, v: attend(q, k, v, 2))
    q, k, v = randn(2, 4, 8), randn(2, 4, 8), randn(2, 4, 8)
    case("attention causal", {"q": q, "k": k, "v": v}, lambda q, k, v: attend(q, k, v, 2, is_causal=True))
    inputs = {"q": q, "k": k, "v": v, "bias": randn(1, 2, 4, 4)}
    case("attention biased", inputs, lambda q, k, v, bias: attend(q, k, v, 2, attn_mask=bias, scale=1))
    case("rotaryEmbedding", {"x": randn(2, 3, 8), "cos": randn(3, 2), "sin": randn(3, 2)}, rotary)


def rotary(x, cos, sin):
    even, odd = x.unflatten(-1, (2, 2, 2)).unbind(-1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(2)


def norms():
    x, y, weight, bias = randn(2, 3, 8) * 2 + 1, randn(2, 3, 8), randn(8), randn(8)
    inputs = {"x": x, "weight": weight, "bias": bias}
    case("layerNorm", inputs, lambda x, weight, bias: F.layer_norm(x, (8,), weight, bias, eps=1e-5))
    case("layerNorm epsilon", inputs, lambda x, weight, bias: F.layer_norm(x, (8,), weight, bias, eps=0.5))
    case("addLayerNorm", {"x": x, "y": y, "weight": weight, "bias": bias}, lambda x, y, weight, bias: F.layer_norm(x + y, (8,), weight, bias, eps=1e-5))
    case("rmsNorm", {"x": x, "weight": weight}, lambda x, weight: F.rms_norm(x, (8,), weight, eps=1e-3))
    x, weight, bias = randn(2, 4, 3, 5) * 2 + 1, randn(4), randn(4)
    case("groupNorm", {"x": x, "weight": weight, "bias": bias}, lambda x, weight, bias: F.group_norm(x, 2, weight, bias, eps=1e-6))
    case("instanceNorm", {"x": x, "weight": weight, "bias": bias}, lambda x, weight, bias: F.instance_norm(x, None, None, weight, bias, eps=1e-3))


def shapes():
    x, y = randn(2, 3, 8), randn(2, 2, 8)
    case("reduceSum", {"x": x}, lambda x: {"last": x.sum(-1, keepdim=True), "outer": x.sum((0, 2))})
    case("reduceMean", {"x": x}, lambda x: {"last": x.mean(-1, keepdim=True), "outer": x.mean((0, 1))})
    case("reshape", {"x": x}, lambda x: x.flatten(1))
    case("transpose", {"x": x}, lambda x: x.permute(2, 0, 1))
    case("concat", {"x": x, "y": y}, lambda x, y: torch.cat([x, y, x], 1))
    case("split", {"x": x}, lambda x: dict(zip("ab", x.split(4, -1))))
    case("split, one part", {"x": x}, lambda x: x.split(4, -1)[1])
    case("splitLike", {"x": x}, lambda x: dict(zip("ab", x.split((1, 2), 1))))
    case("slice", {"x": x}, lambda x: {"middle": x[:, 1:2], "last": x[..., 5:8]})
    case("expandLike", {"x": randn(3, 1)}, lambda x: x.expand(2, 3, 4))
    case("repeat", {"x": randn(2, 3)}, lambda x: x.repeat(3, 1))
    ids, positions = torch.tensor([[4, 0, 1], [2, 2, 4]]), torch.tensor([2, 0])
    case("gather", {"table": randn(5, 4)}, lambda table, ids: table[ids], {"ids": ids})
    case("gatherRows", {"x": x}, lambda x, positions: x[torch.arange(2), positions], {"positions": positions})


def convolutions():
    for name, kernel, stride, padding, extents in (
        ("conv2d", 3, 1, (1, 1, 1, 1), (4, 5)),
        ("conv2d stride 2", 3, 2, (1, 1, 1, 1), (4, 5)),
        ("conv2d below and right", 3, 2, (0, 0, 1, 1), (4, 6)),
        ("conv2d all sides differ", 3, 1, (2, 0, 1, 3), (4, 5)),
        ("conv2d 1x1", 1, 1, (0, 0, 0, 0), (3, 2)),
        ("conv2d patches", 3, 3, (0, 0, 0, 0), (7, 8)),
    ):
        top, left, bottom, right = padding

        def conv(x, weight, bias):
            return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, stride=stride)

        case(name, {"x": randn(2, 2, *extents), "weight": randn(3, 2, kernel, kernel), "bias": randn(3)}, conv)
    case("conv2d without bias", {"x": randn(2, 2, 3, 3), "weight": randn(3, 2, 3, 3)}, lambda x, weight: F.conv2d(x, weight, padding=1))
    x = randn(2, 2, 3, 4)
    case("upsampleNearest2x", {"x": x}, lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
    inputs = {"x": x, "weight": randn(3, 2, 3, 3), "bias": randn(3)}
    case("upsampleConv2d", inputs, lambda x, weight, bias: F.conv2d(F.interpolate(x, scale_factor=2), weight, bias, padding=1))


def main(folder: Path):
    for make in (elementwise, linalg, attention, norms, shapes, convolutions):
        make()
    save_file({key: tensor.contiguous().clone() for key, tensor in tensors.items()}, folder / "gradients.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
