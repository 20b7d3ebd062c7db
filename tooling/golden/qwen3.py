"""Qwen3's tokens, chat texts and hidden states: python tooling/golden/qwen3.py packages/encoders-qwen3/src/fixtures CHAT_TEMPLATE

CHAT_TEMPLATE is Qwen3's chat_template.jinja, of which the texts that it writes are kept alone.
"""

import copy
import json
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from awkward_prompts import PROMPTS
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline
from safetensors.torch import save_file
from table import fill
from tiny_clip_tokenizer import CORPUS
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers.models import BPE
from transformers import Qwen2Tokenizer, Qwen3Config, Qwen3ForCausalLM, Qwen3Model
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

# Qwen3's, in their order; the second list's are not special.
SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
    "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
]
OTHERS = [
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    "<tool_response>", "</tool_response>", "<think>", "</think>",
]
MORE_PROMPTS = [
    *SPECIAL[:3], "a cat<|im_end|>\n<|im_start|>user\na dog", "<think>a</think> b", "a <think> b", "<|IM_END|>", "<|im_end", "<tool_call>x</tool_call>",
    "cat <|endoftext|><|endoftext|>", "it'S I'LL we'Re they'VE I'M he'D don'T", "it\u2019s", "x'\u017f", "'\u017ft", "'\u212a", "'s's", "''s", "l'ancien", "d'or",
    "a\n\nb", "a \n b", "a\r\n\r\nb", " \n \n a", "\n", "a\n", "a   \n", "a \t b", "  a", "a  ", "   ", "\u00a0a", "a\u00a0\u00a0b", "a\u0085b", "\u2028a\u2029b", "\u3000\u3000\u732b",
    "a\u200bb", "\ufeffa", "\x0b\x0ca", "\x00a", "1234567", "v1.2.3", "\u0661\u0662\u0663", "\u00bd\u2168\u2460", "100%", "a_b-c", "...\n\n", "#hash @at", "a/b\\c", "!!!\n\nx",
    "e\u0301\u0323 cafe\u0301", "\u1100\u1161\u11a8", "\u0958", "\u2f800", "\ufb01", "\u0301a", "a\u0301\n\u0301", "\u0e01\u0e33", "\U0001d15e", "\u09c7\u09be",
]  # fmt: skip
CHATS = [
    "a red cat", "", " a", "\n\na cat\n", "\u0301a", "<|im_end|>", "a cat<|im_end|>\n<|im_start|>assistant\nno", "<think>\n\n</think>", "<tool_response>a</tool_response>",
    "\u96ea\u306e\u4e2d\u306e\u732b \U0001f408\u200d\u2b1b", "a lighthouse at night, " * 12, "{{ messages }} {% if x %}", "<|endoftext|>" * 60,
]  # fmt: skip
LENGTH = 48

SMALL = {
    "vocab_size": 800, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 5, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 16, "rms_norm_eps": 1e-6, "max_position_embeddings": 1024, "tie_word_embeddings": True,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
}  # fmt: skip
# Qwen3-4B's, as in Z-Image and FLUX.2 klein 4B, of 36 layers.
REAL = SMALL | {
    "vocab_size": 64, "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 1, "num_attention_heads": 32, "num_key_value_heads": 8,
    "head_dim": 128, "max_position_embeddings": 40960,
}  # fmt: skip
# Biases, one key for all heads, weights of their own for the answers.
BIASED = SMALL | {"vocab_size": 30, "num_hidden_layers": 2, "num_key_value_heads": 1, "attention_bias": True, "tie_word_embeddings": False}


def write_tokenizer(folder: Path, template: str):
    tokenizer = Tokenizer(BPE(continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated", invert=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=760, initial_alphabet=alphabet, special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator([*CORPUS.strip().split("\n"), *PROMPTS, *MORE_PROMPTS, *CHATS, "user\nassistant\n" * 9], trainer)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=False) for token in OTHERS])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {
        "add_prefix_space": False, "bos_token": None, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>", "errors": "replace",
        "model_max_length": 131072, "pad_token": "<|endoftext|>", "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    loaded = Qwen2Tokenizer.from_pretrained(folder, chat_template=template)
    rows = [{"prompt": prompt, "ids": loaded(prompt).input_ids} for prompt in [*PROMPTS, *MORE_PROMPTS]]
    lines = ",\n".join(json.dumps(row) for row in rows)
    (folder / "prompts.json").write_text(f"[\n{lines}\n]\n")
    return loaded


def chats(tokenizer):
    """The texts and ids that the two pipelines make of a prompt."""
    rows = []
    for prompt in CHATS:
        row = {"prompt": prompt}
        for use, thinking in (("z-image", True), ("flux2-klein", False)):
            messages = [{"role": "user", "content": prompt}]
            text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=thinking)
            inputs = tokenizer(text, padding="max_length", max_length=LENGTH, truncation=True)
            row[use] = {"text": text, "ids": inputs.input_ids, "length": sum(inputs.attention_mask)}
        rows.append(row)
    return rows


def scale_of(name, shape):
    """A power of two near twice the inverse root of what is summed; 0 for norms."""
    if "norm" in name:
        return 0
    return 1 if "embed_tokens" in name or len(shape) < 2 else 2.0 ** (1 - math.floor(math.log2(shape[1]) / 2 + 0.5))


def filled(model):
    state = {name: value for name, value in model.state_dict().items() if name != "lm_head.weight"}
    with torch.no_grad():
        fill(state, scale_of, bits=8)
    return model.eval()


def conditions(model, tokenizer):
    """What the pipelines' own functions give; of the longer one a half."""
    prompts = [CHATS[0], CHATS[9], CHATS[10]]
    pipeline = SimpleNamespace(tokenizer=tokenizer, text_encoder=model, _execution_device="cpu")
    z_image = ZImagePipeline._encode_prompt(pipeline, list(prompts), max_sequence_length=LENGTH)
    klein = Flux2KleinPipeline._get_qwen3_prompt_embeds(model, tokenizer, list(prompts), max_sequence_length=LENGTH, hidden_states_layers=[1, 2, 5])
    return {"klein": klein[:, ::2], **{f"z-image.{i}": rows for i, rows in enumerate(z_image)}}


def hidden_states(folder: Path, tokenizer):
    tensors = {}
    with torch.no_grad():
        model = filled(Qwen3ForCausalLM(Qwen3Config(**SMALL)).float())
        # In three files, as large ones are saved. Of a copy: what turns heads by their place would be rounded too.
        copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder / "model", max_shard_size="60KB")
        (folder / "model" / "generation_config.json").unlink()
        tensors |= conditions(model, tokenizer)
        ids = torch.arange(2 * 20).reshape(2, 20) ** 2 % 29
        lengths = torch.tensor([20, 7])
        mask = (torch.arange(20) < lengths[:, None]).long()
        for name, model in (("small", model.model), ("biased", filled(Qwen3Model(Qwen3Config(**BIASED)).float()))):
            states = model(ids, attention_mask=mask, output_hidden_states=True).hidden_states
            tensors |= {f"{name}.{i}": state for i, state in enumerate(states)}
        tensors |= {"ids": ids, "lengths": lengths}
        model = filled(Qwen3Model(Qwen3Config(**REAL)).float())
        ids = torch.arange(192).reshape(1, 192) ** 2 % 61
        # Too large to keep whole.
        tensors |= {"real.ids": ids, "real.hidden": model(ids).last_hidden_state[:, ::31, ::16]}
        cos, sin = model.rotary_emb(torch.zeros(1), torch.arange(0, 512, 73)[None])
        tensors |= {"rotary.cos": cos[0, :, :64], "rotary.sin": sin[0, :, :64]}
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "qwen3.safetensors")
    for name, settings in (("biased", BIASED), ("real", REAL)):
        (folder / f"{name}.json").write_text(json.dumps({"model_type": "qwen3", **settings}, indent=2) + "\n")


def main(folder: Path, template: Path):
    tokenizer = write_tokenizer(folder / "model", template.read_text())
    lines = ",\n".join(json.dumps(row) for row in chats(tokenizer))
    (folder / "chats.json").write_text(f"[\n{lines}\n]\n")
    hidden_states(folder, tokenizer)


if __name__ == "__main__":
    main(*(Path(path) for path in sys.argv[1:]))
