"""CLIP's image encoder alone, longer, against text features that stay as they are: shapes take it longer than colours.

python tune_clip.py --minutes 60
"""

import argparse

import numpy as np
import torch
from transformers import CLIPModel, CLIPTokenizer

from clock import Clock
from data import CACHE, load
from device import DEVICE, Pictures, arguments, autocast, begin
from train_clip import SHORT, Heads, contrast_of, ids_of, save


def main():
    args = arguments(argparse.ArgumentParser(description=__doc__), minutes=60, batch=128)
    begin(args)
    random = np.random.RandomState()
    tokenizer = CLIPTokenizer.from_pretrained(CACHE / "tokenizer")
    model = CLIPModel.from_pretrained(CACHE / "clip", attn_implementation="eager").to(DEVICE)
    pictures, scenes, _, captions = load("train")
    pictures, scenes, ids = Pictures(pictures), torch.from_numpy(scenes).long(), ids_of(tokenizer, captions)
    heads, image = Heads().to(DEVICE), torch.nn.ModuleList([model.vision_model, model.visual_projection])
    trained = torch.nn.ModuleList([image, heads])
    optimizer = torch.optim.AdamW(trained.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    model.logit_scale.requires_grad_(False)
    clock = Clock("tune", args.minutes, trained, optimizer)
    if clock.over("tuned"):
        return
    losses = []
    for step in clock.steps(peak=1.2e-3, warm=100):
        chosen, which = random.randint(0, len(pictures), args.batch), random.choice(3, args.batch, p=[0.25, 0.25, 0.5])
        batch = ids[chosen, which][:, :SHORT].long().to(DEVICE)
        with autocast():
            with torch.no_grad():
                text = model.text_projection(model.text_model(batch).pooler_output)
            seen = model.vision_model(pictures[chosen]).pooler_output
            found = model.visual_projection(seen)
        contrast, read = contrast_of(model, text, found), heads(seen.float(), scenes[chosen].to(DEVICE))
        optimizer.zero_grad()
        (contrast + read).backward()
        torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        optimizer.step()
        losses.append((contrast.item(), read.item()))
        if step % 100 == 0:
            contrast, read = np.mean(losses[-100:], axis=0)
            clock.say(contrast=contrast, read=read)
    save(model, tokenizer)
    (CACHE / "tuned").touch()


if __name__ == "__main__":
    main()
