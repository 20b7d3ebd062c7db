"""Personalised conditions in plain PyTorch: python condition.py FOLDER THREADS float32|bfloat16 condition"""

import json
from pathlib import Path

from measuring import folder, kind, serve, torch
import peca
from transformers import CLIPTextModel, CLIPTokenizer

dtype = getattr(torch, kind)
encoder = CLIPTextModel.from_pretrained(f"{folder}/sd15/text_encoder", dtype=dtype).eval()
tokenizer = CLIPTokenizer.from_pretrained(f"{folder}/sd15/tokenizer")
adapter = peca.PersonalizedAdapter.load(f"{folder}/sd15/adapters/weight/L.safetensors", 12).to(dtype)
query = peca.base_query(encoder, tokenizer)
prompts = json.loads((Path(folder) / "inputs/prompts.json").read_text())
serve(lambda name: peca.condition(encoder, tokenizer, adapter, query, prompts["target"], prompts["history"][: int(name)]))
