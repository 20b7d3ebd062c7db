"""T5 v1.1's tokens and hidden states: python tooling/golden/t5.py packages/encoders-t5/src/fixtures

Run with transformers 5 for the hidden states, and with transformers 4 (and sentencepiece and protobuf), which diffusers'
pipelines were published with, for a tiny tokenizer and the ids that its T5TokenizerFast gives.
"""

import json
import math
import sys
from pathlib import Path

import transformers
from table import fill

SMALL = {
    "vocab_size": 30,
    "d_model": 24,
    "d_kv": 8,
    "d_ff": 40,
    "num_layers": 3,
    "num_heads": 2,
    "relative_attention_num_buckets": 16,
    "relative_attention_max_distance": 20,
    "layer_norm_epsilon": 1e-3,
    "feed_forward_proj": "gated-gelu",
}
# The first T5's, whose feed-forward has no gate.
UNGATED = {**SMALL, "feed_forward_proj": "relu"}
# T5-XXL's, as in Stable Diffusion 3 and FLUX, of 24 blocks.
REAL = {
    "vocab_size": 64,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10240,
    "num_layers": 1,
    "num_heads": 64,
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "layer_norm_epsilon": 1e-6,
    "feed_forward_proj": "gated-gelu",
}
SPECIAL = [
    "</s>", "a </s> b", "a</s></s>b", "<pad>", "<unk> cat", "<extra_id_0>", "  a  <extra_id_5>  b ", "<extra_id_99><extra_id_100>", "\u2581", "a\u2581\u2581b",
    "\uff1c/s\uff1e", " \u2581 a", "a \u2581", "<s>", "\u00bd\u0301 cup", "\r\n\r\n a", "e\u0301\u0323", "a   b    c",
]


def scale_of(name, shape, d_kv):
    """A power of two near twice the deviation that T5 is initialised with, so that attention is not flat; 0 for norms."""
    if "layer_norm" in name:
        return 0
    kind = name.split(".")[-2]
    if kind in ("shared", "relative_attention_bias"):
        return 8 if kind == "shared" else 4
    return 2.0 ** (1 - round(math.log2(shape[1] * (d_kv if kind == "q" else 1)) / 2))


def hidden_states(folder: Path):
    import torch
    from safetensors.torch import save_file
    from transformers import T5Config, T5EncoderModel
    from transformers.models.t5.modeling_t5 import T5Attention

    tensors = {}
    for name, settings, tokens in (("small", SMALL, 40), ("ungated", UNGATED, 40), ("real", REAL, 256)):
        with torch.no_grad():
            model = T5EncoderModel(T5Config(**settings)).eval().float()
            state = {key: value for key, value in model.state_dict().items() if key != "encoder.embed_tokens.weight"}
            fill(state, lambda key, shape: scale_of(key, shape, settings["d_kv"]))
            ids = torch.arange(2 * tokens).reshape(2, tokens) ** 2 % 29
            ids = ids[:1] if name == "real" else ids
            hidden = model(ids).last_hidden_state
        tensors[f"{name}.ids"] = ids
        # The real width's is too large to keep whole.
        tensors[f"{name}.hidden"] = (hidden[:, ::51, ::32] if name == "real" else hidden).contiguous()
    for buckets, distance in ((32, 128), (16, 20)):
        distances = torch.arange(-511, 512)
        tensors[f"buckets.{buckets}.{distance}"] = T5Attention._relative_position_bucket(distances, True, buckets, distance)
    save_file(tensors, folder / "t5.safetensors")
    for name, settings in (("small", SMALL), ("ungated", UNGATED), ("real", REAL)):
        (folder / f"{name}.json").write_text(json.dumps(settings, indent=2) + "\n")


def tokenizer(folder: Path):
    import io

    import sentencepiece
    from awkward_prompts import PROMPTS
    from tiny_clip_tokenizer import CORPUS

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*CORPUS.strip().split("\n"), *PROMPTS]),
        model_writer=model,
        model_type="unigram",
        vocab_size=500,
        hard_vocab_limit=False,
        num_threads=1,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    own = folder / "tokenizer"
    own.mkdir(parents=True, exist_ok=True)
    (own / "spiece.model").write_bytes(model.getvalue())
    (own / "tokenizer_config.json").unlink(missing_ok=True)
    (own / "tokenizer.json").unlink(missing_ok=True)
    fast = transformers.T5TokenizerFast.from_pretrained(own)
    prompts = [*PROMPTS, *SPECIAL]
    rows = [{"prompt": prompt, "ids": fast(prompt, max_length=256, truncation=True).input_ids} for prompt in prompts]
    fast.backend_tokenizer.save(str(own / "tokenizer.json"), pretty=False)
    lines = ",\n".join(json.dumps(row) for row in rows)
    (own / "prompts.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    (hidden_states if int(transformers.__version__.split(".")[0]) >= 5 else tokenizer)(Path(sys.argv[1]))
