"""CLIPModel on pictures and captions: CLIP's loss, and what the caption says read from its row by linear heads (not kept).

Every eighth batch is padded to all 77 rows, and half of the time the caption's row is a random one of the padding:
rows far behind the caption then know it as well as the first, and an image model may read them all.

    python train_clip.py --minutes 60
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTextModel, CLIPTokenizer

from clock import Clock
from data import CACHE, VALUES, load
from device import DEVICE, Pictures, arguments, autocast, begin
from muon import Both

SHORT, LONG = 26, 77
LAYERS = {"hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 4, "projection_dim": 128}


def make(tokenizer):
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    text = LAYERS | ends | {"vocab_size": len(tokenizer), "max_position_embeddings": LONG, "hidden_act": "quick_gelu"}
    image = LAYERS | {"image_size": 128, "patch_size": 16, "hidden_act": "quick_gelu"}
    return CLIPModel._from_config(CLIPConfig(text_config=text, vision_config=image, projection_dim=128), attn_implementation="eager")


def ids_of(tokenizer, captions):
    """int16 [pictures, captions of each, 77]"""
    flat = tokenizer([c for three in captions for c in three], padding="max_length", max_length=LONG, return_tensors="np")
    return torch.from_numpy(flat.input_ids.astype(np.int16)).view(len(captions), -1, LONG)


def rows_of(ids, end, random):
    """The row of each caption: its first end, or half of the time any row behind."""
    first = (ids == end).int().argmax(1)
    later = first + (torch.from_numpy(random.random_sample(len(ids))).to(DEVICE) * (ids.shape[1] - first)).long()
    return torch.where(torch.from_numpy(random.random_sample(len(ids)) < 0.5).to(DEVICE), first, later)


class Heads(torch.nn.Module):
    """One linear layer per attribute; one more class for what is not said."""

    def __init__(self):
        super().__init__()
        self.heads = torch.nn.ModuleList(torch.nn.Linear(128, len(values) + 1) for values in VALUES.values())

    def forward(self, x, attributes):
        losses = [F.cross_entropy(h(x), torch.where(a < 0, h.out_features - 1, a)) for h, a in zip(self.heads, attributes.T)]
        return sum(losses) / len(losses)


def contrast_of(model, text, image):
    """CLIP's loss of texts and images [n, 128], the n-th of each a pair."""
    scores = model.logit_scale.clamp(max=4.6).exp() * F.normalize(text.float(), dim=1) @ F.normalize(image.float(), dim=1).T
    same = torch.arange(len(scores), device=DEVICE)
    return (F.cross_entropy(scores, same) + F.cross_entropy(scores.T, same)) / 2


def main():
    args = arguments(argparse.ArgumentParser(description=__doc__), minutes=60, batch=192)
    begin(args)
    random = np.random.RandomState()
    tokenizer = CLIPTokenizer.from_pretrained(CACHE / "tokenizer")
    pictures, scenes, told, captions = load("train")
    # Caption 0 and 1 say a part, the third all.
    said = torch.from_numpy(np.concatenate([told, scenes[:, None]], 1)).long()
    pictures, scenes, ids = Pictures(pictures), torch.from_numpy(scenes).long(), ids_of(tokenizer, captions)
    model, heads = make(tokenizer).to(DEVICE), torch.nn.ModuleList([Heads(), Heads()]).to(DEVICE)
    everything = torch.nn.ModuleList([model, heads])
    outer = ("token_embedding", "position_embedding", "patch_embedding", "heads")
    optimizer = Both(everything, outer, betas=(0.9, 0.98), weight_decay=0.05)
    clock = Clock("clip", args.minutes, everything, optimizer)
    if clock.over("text_encoder"):
        return
    for step in clock.steps(peak=3e-3):
        chosen, which = random.randint(0, len(pictures), args.batch), random.choice(3, args.batch, p=[0.25, 0.25, 0.5])
        batch = ids[chosen, which][:, : LONG if step % 8 == 0 else SHORT].long().to(DEVICE)
        with autocast():
            states = model.text_model(batch).last_hidden_state
            rows = states[torch.arange(args.batch), rows_of(batch, tokenizer.eos_token_id, random)]
            text, seen = model.text_projection(rows), model.vision_model(pictures[chosen]).pooler_output
            image = model.visual_projection(seen)
        contrast = contrast_of(model, text, image)
        read = heads[0](rows.float(), said[chosen, which].to(DEVICE)) + heads[1](seen.float(), scenes[chosen].to(DEVICE))
        optimizer.zero_grad()
        (contrast + 0.5 * read).backward()
        torch.nn.utils.clip_grad_norm_(everything.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            clock.say(contrast=contrast.item(), read=read.item())
    with torch.no_grad():
        model.logit_scale.clamp_(max=4.6)
    save(model, tokenizer)


def save(model, tokenizer):
    """The whole model, and its text encoder alone for the image model."""
    processor = CLIPImageProcessor(
        size={"shortest_edge": 128},
        crop_size={"height": 128, "width": 128},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    for part in (model, tokenizer, processor):
        part.save_pretrained(CACHE / "clip")
    text = CLIPTextModel(model.config.text_config)
    text.load_state_dict(model.text_model.state_dict())
    text.save_pretrained(CACHE / "text_encoder")


if __name__ == "__main__":
    main()
