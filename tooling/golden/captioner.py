"""`exports/vit-gpt2`, a tiny image-to-text model as transformers.js lays it out: python tooling/golden/captioner.py test/golden/fixtures

A random ViT and GPT-2 of transformers' VisionEncoderDecoderModel; of GPT-2 the operations are written out here, with the past of its
attention as inputs and outputs, under the names that published exports have. `captions.json` beside it: for each picture, whose bytes are
sines, what transformers' greedy `generate` says of it.
Beside requirements.txt it needs onnx==1.23.2 and onnxscript==0.7.2.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, ViTConfig, ViTImageProcessorPil, ViTModel
from transformers import VisionEncoderDecoderModel
from transformers_js import plain

SIDE, WIDTH, HEADS, LAYERS, MOST = 32, 16, 2, 2, 24
WORDS = ["Ġa", "Ġred", "Ġcat", "Ġsea", "Ġblue", "Ġof", "Ġlight", "Ġhouse", "Ġby", "Ġthe"]
END = "<|endoftext|>"


def tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = dict.fromkeys([END, *alphabet])
    merges = []
    for word in WORDS:
        for end in range(1, len(word)):
            merge = (word[:end], word[end])
            if merge not in merges:
                merges.append(merge)
            tokens.setdefault(word[: end + 1])
    backend = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=END, eos_token=END, unk_token=END)


def model_of(vocabulary):
    torch.manual_seed(11)
    vit = ViTConfig(hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=32, image_size=SIDE, patch_size=16)
    sizes = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": 64, "vocab_size": vocabulary}
    gpt2 = GPT2Config(**sizes, add_cross_attention=True, is_decoder=True, bos_token_id=0, eos_token_id=0)
    model = VisionEncoderDecoderModel(encoder=ViTModel(vit, add_pooling_layer=False), decoder=GPT2LMHeadModel(gpt2)).eval()
    for name, weight in model.named_parameters():
        # So large that what is said depends on the picture, and on what was said.
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.6 if "wte" in name or "lm_head" in name else 0.35)
    model.config.decoder_start_token_id = model.config.pad_token_id = model.config.eos_token_id = 0
    model.generation_config.decoder_start_token_id = model.generation_config.eos_token_id = model.generation_config.pad_token_id = 0
    return model


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values).last_hidden_state


class Decoder(torch.nn.Module):
    """GPT-2 with a past that may be empty."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def heads(self, rows):
        return rows.unflatten(-1, (HEADS, -1)).transpose(1, 2)

    def attend(self, query, key, value, mask):
        scores = query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
        return ((scores + mask).softmax(-1) @ value).transpose(1, 2).flatten(2)

    def forward(self, input_ids, encoder_hidden_states, *past):
        body = self.model.transformer
        known, tokens = past[0].shape[2], input_ids.shape[1]
        places = torch.arange(tokens) + known
        later = torch.arange(known + tokens)[None] > places[:, None]
        mask = later.to(torch.float32) * -1e9
        rows = body.wte(input_ids) + body.wpe(places)[None]
        presents = []
        for i, block in enumerate(body.h):
            query, key, value = (self.heads(part) for part in block.attn.c_attn(block.ln_1(rows)).chunk(3, -1))
            key, value = torch.cat([past[2 * i], key], 2), torch.cat([past[2 * i + 1], value], 2)
            presents += [key, value]
            rows = rows + block.attn.c_proj(self.attend(query, key, value, mask))
            query = self.heads(block.crossattention.q_attn(block.ln_cross_attn(rows)))
            key, value = (self.heads(part) for part in block.crossattention.c_attn(encoder_hidden_states).chunk(2, -1))
            rows = rows + block.crossattention.c_proj(self.attend(query, key, value, torch.zeros(1)))
            rows = rows + block.mlp(block.ln_2(rows))
        return self.model.lm_head(body.ln_f(rows)), *presents


def export(module, inputs, path, names, outputs, shapes):
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"input_names": names, "output_names": outputs, "dynamic_shapes": shapes}
    torch.onnx.export(module.eval(), inputs, path, external_data=False, **options)
    plain(path)


def decoder_of(model, folder):
    past = [torch.randn(2, HEADS, 3, WIDTH // HEADS) for _ in range(2 * LAYERS)]
    names = [f"{i}.{kind}" for i in range(LAYERS) for kind in ("key", "value")]
    batch, tokens, known = (torch.export.Dim.DYNAMIC for _ in range(3))
    shapes = ({0: batch, 1: tokens}, {0: batch}, tuple({0: batch, 2: known} for _ in past))
    path = folder / "onnx" / "decoder_model_merged.onnx"
    inputs = (torch.ones((2, 4), dtype=torch.int64), torch.randn(2, 5, WIDTH), *past)
    given = ["input_ids", "encoder_hidden_states", *(f"past_key_values.{name}" for name in names)]
    export(Decoder(model.decoder), inputs, path, given, ["logits", *(f"present.{name}" for name in names)], shapes)
    proto = onnx.load(path)
    for given in proto.graph.input:
        # By these names a reader knows how large an empty past is.
        given.type.tensor_type.shape.dim[0].dim_param = "batch_size"
        if given.name.startswith("past"):
            given.type.tensor_type.shape.dim[2].dim_param = "past_sequence_length"
    # Published exports choose by it between two branches, which are one here.
    proto.graph.input.append(helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1]))
    path.write_bytes(proto.SerializeToString(deterministic=True))


def pictures():
    for i in range(4):
        y, x = np.mgrid[0:SIDE, 0:SIDE]
        waves = [np.sin(x / (2 + i) + channel * (i + 1)) * np.cos(y / (3 + channel) - i) for channel in range(3)]
        yield (127 + 120 * np.stack(waves, -1)).clip(0, 255).astype(np.uint8)


@torch.no_grad()
def main(checkpoints: Path):
    folder = checkpoints / "exports" / "vit-gpt2"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    words = tokenizer()
    words.save_pretrained(folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "tokenizer_class": "GPT2Tokenizer"}))
    processor = ViTImageProcessorPil(size={"height": SIDE, "width": SIDE})
    processor.save_pretrained(folder)
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps({**settings, "image_processor_type": "ViTImageProcessor"}))
    model = model_of(len(words))
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    export(Encoder(model.encoder), (torch.randn(2, 3, SIDE, SIDE),), folder / "onnx" / "encoder_model.onnx", ["pixel_values"], ["last_hidden_state"], ({0: torch.export.Dim.DYNAMIC},))
    decoder_of(model, folder)
    rows = []
    for picture in pictures():
        pixels = processor(Image.fromarray(picture), return_tensors="pt").pixel_values
        ids = model.generate(pixels, max_new_tokens=MOST, do_sample=False, num_beams=1)
        rows.append({"picture": picture.flatten().tolist(), "ids": ids[0].tolist(), "caption": words.decode(ids[0], skip_special_tokens=True).strip(" ")})
    assert len({row["caption"] for row in rows}) == len(rows), "all pictures look alike"
    (folder / "captions.json").write_text(json.dumps({"side": SIDE, "tokens": MOST, "rows": rows}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
