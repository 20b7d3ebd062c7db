"""CLIP's image encoder alone, longer, against text features that stay as they are: shapes take it longer than colours.

python tune_clip.py --minutes 10
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPModel, CLIPTokenizer

from clock import Clock
from data import CACHE, load
from train_clip import Heads, save
from train_unet import PICTURES, cache_states
from train_vae import to_tensor

BATCH = 128


def text_features(model, tokenizer, captions):
    """Of each picture's three captions, [pictures, 3, 128]: from the states that the denoiser's training keeps."""
    states, which = cache_states(captions)
    texts = {place: caption for three, places in zip(captions, which.tolist()) for caption, place in zip(three, places)}
    ids = tokenizer([texts[place] for place in range(len(texts))], padding=True, return_tensors="pt").input_ids
    rows = states[torch.arange(len(states)), (ids == tokenizer.eos_token_id).int().argmax(1)]
    with torch.no_grad():
        return F.normalize(model.text_projection(rows.float()), dim=1)[which]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    random = np.random.RandomState(1)
    tokenizer = CLIPTokenizer.from_pretrained(CACHE / "tokenizer")
    model = CLIPModel.from_pretrained(CACHE / "clip", attn_implementation="eager")
    pictures, scenes, _, captions = load("train")
    scenes, texts = torch.from_numpy(scenes).long(), text_features(model, tokenizer, captions)
    heads, image = Heads(), torch.nn.ModuleList([model.vision_model, model.visual_projection])
    trained = torch.nn.ModuleList([image, heads])
    optimizer = torch.optim.AdamW(trained.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    clock = Clock("tune", args.minutes, trained, optimizer)
    same, losses = torch.arange(BATCH), []
    for step in clock.steps(peak=1.2e-3, warm=100):
        chosen = random.randint(0, PICTURES, BATCH)
        text = texts[chosen, random.choice(3, BATCH, p=[0.25, 0.25, 0.5])]
        with torch.autocast("cpu", torch.bfloat16):
            seen = model.vision_model(to_tensor(pictures[chosen])).pooler_output
            found = model.visual_projection(seen)
        scores = model.logit_scale.detach().exp() * text @ F.normalize(found.float(), dim=1).T
        contrast = (F.cross_entropy(scores, same) + F.cross_entropy(scores.T, same)) / 2
        read = heads(seen.float(), scenes[chosen])
        optimizer.zero_grad()
        (contrast + read).backward()
        torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
        optimizer.step()
        losses.append((contrast.item(), read.item()))
        if step % 100 == 0:
            contrast, read = np.mean(losses[-100:], axis=0)
            clock.say(contrast=contrast, read=read)
    save(model, tokenizer)


if __name__ == "__main__":
    main()
