"""ONNX exports of the tiny CLIP of sd1: python tooling/golden/clip_onnx.py test/golden/fixtures test/contract/fixtures

`text-encoder.onnx`: ids -> raw hidden states of the last two layers. `final-norm.onnx`: rows -> rows after the final norm.
Beside requirements.txt it needs onnx==1.23.2 and onnxscript==0.7.2.
"""

import sys
from pathlib import Path

import torch
from transformers import CLIPTextModel


class TextEncoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        states = self.model(input_ids, output_hidden_states=True).hidden_states
        return states[-1], states[-2]


def export(module, inputs, path, input_names, output_names, dynamic_shapes):
    program = torch.onnx.export(
        module,
        inputs,
        dynamo=True,
        input_names=input_names,
        output_names=output_names,
        dynamic_shapes=dynamic_shapes,
        opset_version=18,
    )
    proto = program.model_proto
    # The exporter notes where each node comes from, with stack traces: more than the weights, and another machine's paths.
    graph = proto.graph
    for described in (proto, graph, *graph.input, *graph.output, *graph.node, *graph.value_info, *graph.initializer):
        described.ClearField("metadata_props")
        described.ClearField("doc_string")
    path.write_bytes(proto.SerializeToString(deterministic=True))


@torch.no_grad()
def main(checkpoints: Path, folder: Path):
    model = CLIPTextModel.from_pretrained(checkpoints / "sd1" / "text_encoder", attn_implementation="eager").eval()
    norm = next(module for name, module in model.named_modules() if name.endswith("final_layer_norm"))
    folder.mkdir(parents=True, exist_ok=True)
    batch, rows = torch.export.Dim("batch"), torch.export.Dim("rows")
    ids = torch.randint(0, model.config.vocab_size, (2, 77))
    path = folder / "text-encoder.onnx"
    export(TextEncoder(model), (ids,), path, ["input_ids"], ["hidden_last", "hidden_before"], ({0: batch},))
    states = torch.randn(3, model.config.hidden_size)
    export(norm, (states,), folder / "final-norm.onnx", ["rows"], ["normed"], ({0: rows},))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
