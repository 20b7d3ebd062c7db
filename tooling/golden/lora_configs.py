"""PEFT's adapter_config.json with the scale that PEFT gives to each layer by it, and the tensors' shapes.
Run after the checkpoints: python tooling/golden/lora_configs.py test/golden/fixtures packages/formats/src/lora/fixtures/configs.json"""

import json
import sys
from pathlib import Path

from diffusers import UNet2DConditionModel
from peft import LoKrConfig, LoraConfig, get_peft_model_state_dict, inject_adapter_in_model

ATTENTION = "down_blocks.0.attentions.0.transformer_blocks.0.attn1"
LAYERS = [f"{ATTENTION}.to_q", f"{ATTENTION}.to_k", f"{ATTENTION}.to_out.0", "time_embedding.linear_1", "conv_in", "down_blocks.0.resnets.0.conv1"]
CONFIGS = {
    "patterns": LoraConfig(
        r=4, lora_alpha=6, rank_pattern={"to_k": 2, "conv_in": 3}, alpha_pattern={"to_k": 5, f"^{ATTENTION}.to_q": 7, "linear_1": 1}, target_modules=LAYERS
    ),
    "by the root of the rank": LoraConfig(r=4, lora_alpha=8, rank_pattern={"conv_in": 2}, use_rslora=True, target_modules=LAYERS),
    "DoRA": LoraConfig(r=2, lora_alpha=3, use_dora=True, target_modules=LAYERS),
    "with biases": LoraConfig(r=2, lora_alpha=4, lora_bias=True, target_modules=LAYERS[:4]),
    "LoKr": LoKrConfig(r=2, alpha=5, rank_pattern={"to_k": 8}, alpha_pattern={"to_out.0": 1}, decompose_factor=4, target_modules=LAYERS),
    "LoKr of factors of two": LoKrConfig(r=1, alpha=2, decompose_both=True, use_effective_conv2d=True, target_modules=LAYERS),
}


def main(fixtures: Path, out: Path):
    written = {}
    for name, config in CONFIGS.items():
        unet = UNet2DConditionModel.from_pretrained(fixtures / "sd1/unet")
        inject_adapter_in_model(config, unet, adapter_name="default")
        modules = dict(unet.named_modules())
        shapes = {f"base_model.model.{key}": list(value.shape) for key, value in get_peft_model_state_dict(unet, adapter_name="default").items()}
        fields = {key: sorted(value) if isinstance(value, set) else value for key, value in config.to_dict().items()}
        kept = {key: value for key, value in fields.items() if value not in (None, False, [], {}) and key != "target_modules"}
        written[name] = {"config": kept, "scales": {path: modules[path].scaling["default"] for path in LAYERS if hasattr(modules[path], "scaling")}, "shapes": shapes}
    rows = [f"{json.dumps(name)}: {json.dumps(each)}" for name, each in written.items()]
    out.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
