"""Layers under LoRAs as PEFT and LyCORIS compute them: python tooling/golden/lora_ops.py packages/graph/src/fixtures

A case's tensors are `<case>/in/x`, `<case>/w/<weight>`, `<case>/lora<i>/<factor>` and `<case>/out/y`; the file's metadata have of each case the
layer, its settings, and of each LoRA the kind, the module's own scale and the scale of the call.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from lycoris.modules.locon import LoConModule
from lycoris.modules.lokr import LokrModule
from peft import LoKrConfig, LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(17)
tensors, cases = {}, []


class Holder(nn.Module):
    def __init__(self, layer, before=None):
        super().__init__()
        self.layer, self.before = layer, before

    def forward(self, x):
        return self.layer(x if self.before is None else self.before(x))


def filled(module: nn.Module):
    """Factors that are far from their beginning, where one of them is zeros and a magnitude the weight's own norm."""
    for name, parameter in module.named_parameters():
        if "magnitude" in name or "dora_scale" in name:
            parameter.data.mul_(0.5 + torch.rand_like(parameter))
        elif "lora" in name or "lokr" in name:
            parameter.data.normal_(0, 0.4)


def record(key, layer, x, y, loras, settings=None):
    tensors[f"{key}/in/x"], tensors[f"{key}/out/y"] = x, y
    for name in ("weight", "bias"):
        if getattr(layer, name) is not None:
            tensors[f"{key}/w/{name}"] = getattr(layer, name).data
    rows = []
    for i, (row, factors) in enumerate(loras):
        rows.append(row)
        tensors.update({f"{key}/lora{i}/{name}": tensor.data for name, tensor in factors.items()})
    cases.append({"key": key, "layer": "linear" if isinstance(layer, nn.Linear) else "conv2d", **(settings or {}), "loras": rows})


def low_rank(module, name, scale):
    factors = {"down": module.lora_A[name].weight, "up": module.lora_B[name].weight}
    if module.lora_B[name].bias is not None:
        factors["bias"] = module.lora_B[name].bias
    if name in module.lora_magnitude_vector:
        magnitude = module.lora_magnitude_vector[name].weight
        factors["magnitude"] = magnitude.reshape(-1)
    return {"kind": "low-rank", "own": module.scaling[name] / scale, "scale": scale}, factors


def kronecker(module, name, scale):
    factors = {}
    for part in ("w1", "w1_a", "w1_b", "w2", "w2_a", "w2_b", "t2"):
        if name in getattr(module, f"lokr_{part}"):
            factors[part] = getattr(module, f"lokr_{part}")[name]
    return {"kind": "kronecker", "own": module.scaling[name] / scale, "scale": scale}, factors


@torch.no_grad()
def peft_case(key, layer, x, configs, settings=None, before=None):
    model: PeftModel = None
    for i, (config, _) in enumerate(configs):
        name = f"a{i}"
        if model is None:
            model = get_peft_model(Holder(layer, before), config, adapter_name=name)
        else:
            model.add_adapter(name, config)
    filled(model)
    model.base_model.set_adapter([f"a{i}" for i in range(len(configs))])
    module = model.base_model.model.layer
    for i, (_, scale) in enumerate(configs):
        module.scaling[f"a{i}"] *= scale
    read = kronecker if isinstance(configs[0][0], LoKrConfig) else low_rank
    loras = [read(module, f"a{i}", scale) for i, (_, scale) in enumerate(configs)]
    record(key, layer, x, model.eval()(x), loras, settings)


def lora(rank=3, alpha=6, **more):
    return LoraConfig(r=rank, lora_alpha=alpha, target_modules=["layer"], init_lora_weights=False, **more)


def lokr(rank=2, alpha=3, **more):
    return LoKrConfig(r=rank, alpha=alpha, target_modules=["layer"], init_weights=False, **more)


class Doubled(nn.Module):
    def forward(self, x):
        return F.interpolate(x, scale_factor=2, mode="nearest")


def with_peft():
    x, wide = torch.randn(2, 5, 8), torch.randn(2, 8, 6, 7)
    dora = {"use_dora": True}
    peft_case("linear", nn.Linear(8, 12), x, [(lora(), 0.8)])
    peft_case("linear without bias", nn.Linear(8, 12, bias=False), x, [(lora(), -1.5)])
    peft_case("linear, two", nn.Linear(8, 12), x, [(lora(), 0.8), (lora(2, 1), 1.3)])
    peft_case("linear with a bias of its own", nn.Linear(8, 12), x, [(lora(lora_bias=True), 0.8)])
    peft_case("linear with a magnitude", nn.Linear(8, 12), x, [(lora(**dora), 0.7)])
    peft_case("linear with a magnitude, without bias", nn.Linear(8, 12, bias=False), x, [(lora(**dora), 1.0)])
    mixed = [(lora(), 0.8), (lora(2, 5, **dora), 0.7), (lora(4, 4), 1.2), (lora(1, 1, **dora), -0.4)]
    peft_case("linear, four of both kinds", nn.Linear(8, 12), x, mixed)
    peft_case("linear parts", nn.Linear(8, 12), x, mixed, {"parts": 3})
    padded = nn.Conv2d(8, 6, 3, padding=1)
    peft_case("conv2d", padded, wide, [(lora(), 0.8)], {"padding": 1})
    peft_case("conv2d stride 2", nn.Conv2d(8, 6, 3, padding=1, stride=2), wide, [(lora(), 0.8), (lora(2, 4), 0.5)], {"padding": 1, "stride": 2})
    peft_case("conv2d 1x1", nn.Conv2d(8, 6, 1), wide, [(lora(), 0.8)])
    peft_case("conv2d with a magnitude", nn.Conv2d(8, 6, 3, padding=1), wide, [(lora(**dora), 0.7)], {"padding": 1})
    mixed = [(lora(), 0.8), (lora(2, 5, **dora), 0.7), (lora(4, 4), 1.2)]
    peft_case("conv2d, three of both kinds", nn.Conv2d(8, 6, 3, padding=1, bias=False), wide, mixed, {"padding": 1})
    doubled = {"layer": "upsampleConv2d"}
    peft_case("upsampleConv2d", nn.Conv2d(8, 6, 3, padding=1), wide, [(lora(), 0.8), (lora(2, 5, **dora), 0.7)], doubled, Doubled())
    peft_case("linear, Kronecker", nn.Linear(8, 12), x, [(lokr(9), 0.8)])
    peft_case("linear, Kronecker of two", nn.Linear(40, 60), torch.randn(2, 3, 40), [(lokr(1), 0.8), (lokr(2), 0.3)])
    peft_case("linear, Kronecker of two and two", nn.Linear(40, 60), torch.randn(2, 3, 40), [(lokr(1, decompose_both=True, decompose_factor=4), 0.8)])
    peft_case("linear parts, Kronecker", nn.Linear(40, 60), torch.randn(2, 3, 40), [(lokr(1), 0.8)], {"parts": 3})
    peft_case("conv2d, Kronecker", nn.Conv2d(8, 6, 3, padding=1), wide, [(lokr(9), 0.8)], {"padding": 1})
    peft_case("conv2d, Kronecker of two", nn.Conv2d(8, 12, 3, padding=1, stride=2), wide, [(lokr(1), 0.8)], {"padding": 1, "stride": 2})
    peft_case("conv2d, Kronecker of three", nn.Conv2d(8, 12, 3, padding=1), wide, [(lokr(1, use_effective_conv2d=True), 0.8)], {"padding": 1})
    peft_case("conv2d 1x1, Kronecker", nn.Conv2d(8, 12, 1), wide, [(lokr(1), 0.8)])
    peft_case("upsampleConv2d, Kronecker", nn.Conv2d(8, 12, 3, padding=1), wide, [(lokr(1, use_effective_conv2d=True), 0.8)], doubled, Doubled())


@torch.no_grad()
def lycoris_case(key, layer, x, kind, settings=None, dims=(3, 2), **more):
    rank, alpha = dims
    module = kind("layer", layer, lora_dim=rank, alpha=alpha, **more)
    filled(module)
    module.scalar = torch.tensor(1.0)
    weight, _ = module.get_merged_weight(1.0, layer.weight.shape)
    forward = F.linear if isinstance(layer, nn.Linear) else lambda *of: F.conv2d(*of, padding=layer.padding)
    names = {
        "lora_down.weight": "down", "lora_up.weight": "up", "lora_mid.weight": "mid", "dora_scale": "magnitude",
        **{f"lokr_{part}": part for part in ("w1", "w1_a", "w1_b", "w2", "w2_a", "w2_b", "t2")},
    }
    factors = {names[name]: tensor for name, tensor in module.named_parameters() if name in names}
    row = {"kind": "low-rank" if kind is LoConModule else "kronecker", "own": float(module.scale), "scale": 1.0}
    record(key, layer, x, forward(x, weight, layer.bias), [(row, factors)], settings)


# Its merged weight has a LoKr scale twice, so that only one of 1 can be compared.
def with_lycoris():
    x, wide = torch.randn(2, 5, 8), torch.randn(2, 8, 6, 7)
    pad = {"padding": 1}
    lycoris_case("conv2d with a kernel between", nn.Conv2d(8, 6, 3, padding=1), wide, LoConModule, pad, use_tucker=True)
    lycoris_case("conv2d with a kernel between and a magnitude", nn.Conv2d(8, 6, 3, padding=1), wide, LoConModule, pad, use_tucker=True, weight_decompose=True)
    for name, layer, inputs, settings in (("linear", nn.Linear(8, 12), x, None), ("conv2d", nn.Conv2d(8, 6, 3, padding=1), wide, pad)):
        lycoris_case(f"{name} with a magnitude of inputs", layer, inputs, LoConModule, settings, weight_decompose=True, wd_on_out=False)
        lycoris_case(f"{name}, Kronecker with a magnitude", layer, inputs, LokrModule, settings, weight_decompose=True, dims=(1, 1))
        lycoris_case(f"{name}, Kronecker with a magnitude of inputs", layer, inputs, LokrModule, settings, weight_decompose=True, wd_on_out=False, dims=(1, 1))
    tucker = {"use_tucker": True, "weight_decompose": True}
    lycoris_case("conv2d, Kronecker of three with a magnitude", nn.Conv2d(8, 12, 3, padding=1), wide, LokrModule, pad, dims=(1, 1), **tucker)


if __name__ == "__main__":
    with_peft()
    with_lycoris()
    kept = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    save_file(kept, Path(sys.argv[1]) / "lora.safetensors", {"cases": json.dumps(cases)})
