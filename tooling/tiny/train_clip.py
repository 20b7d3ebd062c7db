"""CLIPModel on pictures and captions: CLIP's loss, and what the caption says read from its row by linear heads (not kept).

Every eighth batch is padded to all 77 rows, and half of the time the caption's row is a random one of the padding:
rows far behind the caption then know it as well as the first, and an image model may read them all.

    python train_clip.py --minutes 9
"""

import argparse

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTextModel, CLIPTokenizer

from clock import Clock
from data import CACHE, VALUES, load
from train_vae import to_tensor

BATCH, SHORT, LONG = 192, 26, 77
LAYERS = {"hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 4, "num_attention_heads": 4, "projection_dim": 128}


def make(tokenizer):
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    text = LAYERS | ends | {"vocab_size": len(tokenizer), "max_position_embeddings": LONG, "hidden_act": "quick_gelu"}
    image = LAYERS | {"image_size": 64, "patch_size": 8, "hidden_act": "quick_gelu"}
    return CLIPModel._from_config(CLIPConfig(text_config=text, vision_config=image, projection_dim=128), attn_implementation="eager")


def rows_of(ids, end, random):
    """The row of each caption: its first end, or half of the time any row behind."""
    first = (ids == end).int().argmax(1)
    later = first + (torch.from_numpy(random.random_sample(len(ids))) * (ids.shape[1] - first)).long()
    return torch.where(torch.from_numpy(random.random_sample(len(ids)) < 0.5), first, later)


class Heads(torch.nn.Module):
    """One linear layer per attribute; one more class for what is not said."""

    def __init__(self):
        super().__init__()
        self.heads = torch.nn.ModuleList(torch.nn.Linear(128, len(values) + 1) for values in VALUES.values())

    def forward(self, x, attributes):
        losses = [F.cross_entropy(h(x), torch.where(a < 0, h.out_features - 1, a)) for h, a in zip(self.heads, attributes.T)]
        return sum(losses) / len(losses)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    random = np.random.RandomState(0)
    tokenizer = CLIPTokenizer.from_pretrained(CACHE / "tokenizer")
    pictures, scenes, told, captions = load("train")
    # Caption 0 and 1 say a part, the third all.
    said = torch.from_numpy(np.concatenate([told, scenes[:, None]], 1)).long()
    scenes = torch.from_numpy(scenes).long()
    flat = tokenizer([c for three in captions for c in three], padding="max_length", max_length=LONG, return_tensors="np")
    ids = torch.from_numpy(flat.input_ids.astype(np.int16)).view(len(captions), 3, LONG)
    model, heads = make(tokenizer), torch.nn.ModuleList([Heads(), Heads()])
    everything = torch.nn.ModuleList([model, heads])
    optimizer = torch.optim.AdamW(everything.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    clock = Clock("clip", args.minutes, everything, optimizer)
    for step in clock.steps(peak=1.2e-3):
        chosen = torch.from_numpy(random.randint(0, len(pictures), BATCH))
        which = torch.from_numpy(random.choice(3, BATCH, p=[0.25, 0.25, 0.5]))
        batch = ids[chosen, which][:, : LONG if step % 8 == 0 else SHORT].long()
        x = to_tensor(pictures[chosen.numpy()])
        with torch.autocast("cpu", torch.bfloat16):
            states = model.text_model(batch).last_hidden_state
            rows = states[torch.arange(BATCH), rows_of(batch, tokenizer.eos_token_id, random)]
            text, seen = model.text_projection(rows), model.vision_model(x).pooler_output
            image = model.visual_projection(seen)
        text, image = F.normalize(text.float(), dim=1), F.normalize(image.float(), dim=1)
        scores = model.logit_scale.clamp(max=4.6).exp() * text @ image.T
        same = torch.arange(BATCH)
        contrast = (F.cross_entropy(scores, same) + F.cross_entropy(scores.T, same)) / 2
        read = heads[0](rows.float(), said[chosen, which]) + heads[1](seen.float(), scenes[chosen])
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
        size={"shortest_edge": 64},
        crop_size={"height": 64, "width": 64},
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
