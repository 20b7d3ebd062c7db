"""A T5 tokenizer whose pieces are the words and characters of a few prompts, laid out as the published checkpoints have it."""

import json
import math
from collections import Counter
from pathlib import Path

from tiny_clip_tokenizer import CORPUS
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

WORDS = 100
EXTRA = 100
SPACE = "▁"


def pieces():
    words = Counter(CORPUS.replace(",", " ,").split())
    common = [word for word, _ in sorted(words.items(), key=lambda item: (-item[1], item[0]))[:WORDS]]
    total = sum(words.values())
    letters = sorted({*map(chr, range(33, 127))} - {"<", ">"})
    whole = [(SPACE + word, math.log(words[word] / total)) for word in common]
    # A letter costs more than any word, so that known words stay whole.
    return [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *whole, (SPACE, -8.0), *((letter, -9.0 - i / 100) for i, letter in enumerate(letters))]


def build():
    vocabulary = pieces()
    extra = [f"<extra_id_{i}>" for i in reversed(range(EXTRA))]
    # The published file's normalizer starts with SentencePiece's map of compatible characters: 240 KB, and nothing to ASCII.
    tokenizer = Tokenizer(Unigram([*vocabulary, *((name, 0.0) for name in extra)], unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), SPACE)])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always", split=True)
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in ("<pad>", "</s>", "<unk>", *reversed(extra))])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def write_t5_tokenizer(folder: Path):
    """Writes `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`; returns the number of tokens."""
    tokenizer = build()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    extra = [f"<extra_id_{i}>" for i in range(EXTRA)]
    config = {
        "additional_special_tokens": extra,
        "clean_up_tokenization_spaces": True,
        "eos_token": "</s>",
        "extra_ids": EXTRA,
        "legacy": True,
        "model_max_length": 512,
        "pad_token": "<pad>",
        "sp_model_kwargs": {},
        "tokenizer_class": "T5Tokenizer",
        "unk_token": "<unk>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    special = {
        "additional_special_tokens": extra,
        **{
            f"{name}_token": {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
            for name, token in (("eos", "</s>"), ("pad", "<pad>"), ("unk", "<unk>"))
        },
    }
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    return tokenizer.get_vocab_size()
