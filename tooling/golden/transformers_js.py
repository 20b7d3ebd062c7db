"""`exports`, tiny ones as transformers.js lays them out: python tooling/golden/transformers_js.py test/golden/fixtures

In it `clip` (sd1's text encoder) and `clip-projected` (reference/L) by the lines of packages/encoders-transformers/README.md, the second also as
exports are published, without hidden states and in half precision; `t5` without its tokenizer.json; `bert`, a kind without an adapter.
`exports.json` and `exports.safetensors`: ids, hidden states and features of transformers.
Beside requirements.txt it needs onnx==1.23.2 and onnxscript==0.7.2.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import onnx
import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel, BertTokenizerFast, CLIPTextModel, CLIPTextModelWithProjection
from transformers import CLIPTokenizerFast, PreTrainedTokenizerFast, T5Config, T5EncoderModel

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "packages" / "encoders-transformers" / "README.md"
T5_TOKENIZER = ROOT / "packages" / "encoders-t5" / "src" / "fixtures" / "tokenizer" / "tokenizer.json"
PROMPTS = ["a red cat", "", "a lighthouse at night, in the rain, " * 8]
ROWS = {"clip": 77, "clip-projected": 77, "t5": 16, "bert": 12}


def plain(path):
    """The exporter notes where each node comes from, with stack traces: more than the weights, and another machine's paths."""
    proto = onnx.load(path)
    graph = proto.graph
    for described in (proto, graph, *graph.input, *graph.output, *graph.node, *graph.value_info, *graph.initializer):
        described.ClearField("metadata_props")
        described.ClearField("doc_string")
    path.write_bytes(proto.SerializeToString(deterministic=True))


def by_the_readme(source, folder, kind):
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    lines = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)[1]
    lines = lines.replace('"openai/clip-vit-large-patch14", "my-export"', f"{str(source)!r}, {str(folder)!r}")
    exec(lines.replace("= transformers.CLIPTextModelWithProjection", f"= transformers.{kind.__name__}"), {})
    for path in (folder / "onnx").iterdir():
        plain(path)


def export(module, inputs, path, names, outputs):
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
    options = {"input_names": names, "output_names": outputs, "dynamic_shapes": tuple(axes for _ in names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(module.eval(), inputs, path, external_data=False, **options)
    plain(path)


class Published(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        output = self.model(input_ids)
        return output.text_embeds.float(), output.last_hidden_state.float()


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids, attention_mask).last_hidden_state


def tokenizer_of_t5(folder):
    # Its tokenizer.json is T5_TOKENIZER, which tests put beside.
    settings = {"tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return PreTrainedTokenizerFast(tokenizer_file=str(T5_TOKENIZER), pad_token="<pad>", eos_token="</s>")


def bert(folder):
    torch.manual_seed(7)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"a red cat lighthouse at night , in the rain".split(), *"abcdefghijklmnop"]
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(dict.fromkeys(words)))
    tokenizer = BertTokenizerFast(vocab=str(vocabulary))
    tokenizer.save_pretrained(folder)
    vocabulary.unlink()
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=32, max_position_embeddings=ROWS["bert"], attn_implementation="eager", **sizes)
    model = BertModel(config, add_pooling_layer=False).eval()
    model.config.save_pretrained(folder)
    return model, tokenizer


@torch.no_grad()
def main(checkpoints: Path):
    folder = checkpoints / "exports"
    shutil.rmtree(folder, ignore_errors=True)
    numbers, ids = {}, {}

    def keep(name, model, tokenizer, mask=None):
        row = tokenizer(PROMPTS, padding="max_length", truncation=True, max_length=ROWS[name], return_tensors="pt")
        ids[name] = row.input_ids.tolist()
        output = model(row.input_ids, attention_mask=row.attention_mask if mask else None, output_hidden_states=True)
        states = output.hidden_states
        numbers[f"{name}.-1"] = states[-1] if name.startswith("clip") else output.last_hidden_state
        if name.startswith("clip"):
            numbers[f"{name}.-2"] = states[-2]
            numbers[f"{name}.features"] = getattr(output, "text_embeds", None)
            if numbers[f"{name}.features"] is None:
                numbers[f"{name}.features"] = output.pooler_output

    for name, path, kind in (
        ("clip", checkpoints / "sd1" / "text_encoder", CLIPTextModel),
        ("clip-projected", checkpoints / "reference" / "L", CLIPTextModelWithProjection),
    ):
        source = folder / "source"
        shutil.copytree(path, source)
        tokenizer = CLIPTokenizerFast.from_pretrained(checkpoints / "sd1" / "tokenizer")
        tokenizer.save_pretrained(source)
        by_the_readme(source, folder / name, kind)
        shutil.rmtree(source)
        keep(name, kind.from_pretrained(path, attn_implementation="eager").eval(), tokenizer)

    half = CLIPTextModelWithProjection.from_pretrained(checkpoints / "reference" / "L", attn_implementation="eager").half()
    example = torch.zeros((2, 77), dtype=torch.int64)
    path = folder / "clip-projected" / "onnx" / "text_model_fp16.onnx"
    export(Published(half), (example,), path, ["input_ids"], ["text_embeds", "last_hidden_state"])

    torch.manual_seed(5)
    sizes = {"d_model": 16, "d_kv": 8, "num_heads": 2, "num_layers": 2, "d_ff": 32, "vocab_size": 600}
    model = T5EncoderModel(T5Config(feed_forward_proj="gated-gelu", attn_implementation="eager", **sizes)).eval()
    names = ["input_ids", "attention_mask"]
    (folder / "t5").mkdir()
    model.config.save_pretrained(folder / "t5")
    tokenizer = tokenizer_of_t5(folder / "t5")
    example = torch.ones((2, 16), dtype=torch.int64)
    path = folder / "t5" / "onnx" / "encoder_model.onnx"
    export(Encoder(model), (example, example.clone()), path, names, ["last_hidden_state"])
    keep("t5", model, tokenizer)

    model, tokenizer = bert(folder / "bert")
    example = torch.ones((2, ROWS["bert"] - 1), dtype=torch.int64)
    path = folder / "bert" / "onnx" / "model.onnx"
    export(Encoder(model), (example, example.clone()), path, names, ["last_hidden_state"])
    keep("bert", model, tokenizer, mask=True)

    (folder / "exports.json").write_text(json.dumps({"prompts": PROMPTS, "ids": ids}))
    save_file({name: value.float().contiguous() for name, value in numbers.items()}, folder / "exports.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
