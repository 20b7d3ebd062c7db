"""Measures what is shipped (float16 weights, computed in float32): the package's quality.json, its card's table and its contact sheet.

python measure.py --pictures 400
"""

import argparse
import json
import re

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer

from data import PACKAGE, VALUES, load
from device import DEVICE, Pictures, to_tensor
from draw import sheet
from judge import judged, load_judge
from sample import encode_text, sample
from sheets import CHECK, to_pictures

STEPS, GUIDANCE, GROUP = 25, 4.0, 100


def shipped(kind, folder):
    return kind.from_pretrained(PACKAGE / folder, torch_dtype=torch.float16).float().eval().to(DEVICE)


def features(found):
    return F.normalize(found if torch.is_tensor(found) else found.pooler_output, dim=1)


@torch.no_grad()
def of_texts(clip, tokenizer, captions):
    ids = tokenizer(captions, padding="max_length", max_length=77, return_tensors="pt").input_ids.to(DEVICE)
    return torch.cat([features(clip.get_text_features(part)).cpu() for part in ids.split(GROUP)])


@torch.no_grad()
def of_pictures(clip, pictures):
    rows = np.array_split(np.arange(len(pictures)), len(pictures) // GROUP)
    return torch.cat([features(clip.get_image_features(to_tensor(pictures[part]))).cpu() for part in rows])


def retrieval(texts, images):
    """Share of texts whose own picture is the nearest of a hundred."""
    hits = [(t @ i.T).argmax(1) == torch.arange(GROUP) for t, i in zip(texts.split(GROUP), images.split(GROUP))]
    return torch.cat(hits).float().mean().item()


def accuracy(judge, pictures, scenes, said):
    found = judged(judge, Pictures(pictures)).numpy()
    return {name: round(float((found[said[:, i], i] == scenes[said[:, i], i]).mean()), 3) for i, name in enumerate(VALUES)}


def said_of(scenes, captions):
    """What a full caption leaves open after all: a plain pattern in half of the phrases, and a medium size."""
    said = np.ones(scenes.shape, bool)
    pattern, size = list(VALUES).index("pattern"), list(VALUES).index("size")
    said[:, pattern] = (scenes[:, pattern] != VALUES["pattern"].index("plain")) | np.array(["plain" in c for c in captions])
    said[:, size] = scenes[:, size] != VALUES["size"].index("medium")
    return said


def small_png(path):
    Image.open(path).quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def table(quality):
    rows = ["| attribute | pictures of the model | drawn pictures through the VAE | drawn pictures |", "| --- | --- | --- | --- |"]
    kinds = ("generated", "reconstructed", "drawn")
    for name in VALUES:
        rows.append("| " + " | ".join([name, *(f"{100 * quality['accuracy'][kind][name]:.1f} %" for kind in kinds)]) + " |")
    r, s = quality["retrieval"], quality["clip_score"]
    found = (
        f"Given a full caption, CLIP picks the right one of 100 held-out drawn pictures in {100 * r['text_to_image']:.1f} % of cases, and of 100 "
        f"generated pictures in {100 * r['text_to_generated']:.1f} %. The CLIP score is {s['own']:.1f} for a generated picture with its own "
        f"caption, {s['other']:.1f} with another's, and {s['drawn']:.1f} for a drawn picture with its own."
    )
    judge = (
        f"How often a classifier that was trained on drawn pictures finds what the caption says ({quality['pictures']} full captions that "
        f"were not used in training; DDIM, {STEPS} steps, guidance {GUIDANCE:g}):"
    )
    return "\n".join([found, "", judge, "", *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    vae, unet, clip = shipped(AutoencoderKL, "model/vae"), shipped(UNet2DConditionModel, "model/unet"), shipped(CLIPModel, "clip")
    tokenizer = CLIPTokenizer.from_pretrained(PACKAGE / "model/tokenizer")
    parts = tokenizer, shipped(CLIPTextModel, "model/text_encoder")
    judge = load_judge()
    drawn, scenes, _, captions = load("held-out")
    captions = [three[2] for three in captions]
    texts, images = of_texts(clip, tokenizer, captions), of_pictures(clip, drawn)

    n = args.pictures
    empty = encode_text(parts, [""])
    rounds = (sample(unet, encode_text(parts, captions[i : i + GROUP]), empty, STEPS, GUIDANCE, seed=i) for i in range(0, n, GROUP))
    pictures = np.concatenate([to_pictures(vae, latents) for latents in rounds])
    with torch.no_grad():
        again = np.concatenate([to_pictures(vae, vae.encode(to_tensor(part)).latent_dist.mean) for part in np.split(drawn[:n], n // GROUP)])
    made, said = of_pictures(clip, pictures), said_of(scenes, captions)
    quality = {
        "pictures": n,
        "steps": STEPS,
        "guidance": GUIDANCE,
        "retrieval": {"text_to_image": retrieval(texts, images), "text_to_generated": retrieval(texts[:n], made)},
        "clip_score": {
            "own": 100 * (texts[:n] * made).sum(1).mean().item(),
            "other": 100 * (texts[:n].roll(1, 0) * made).sum(1).mean().item(),
            "drawn": 100 * (texts[:n] * images[:n]).sum(1).mean().item(),
        },
        "accuracy": {
            "generated": accuracy(judge, pictures, scenes[:n], said[:n]),
            "reconstructed": accuracy(judge, again, scenes[:n], said[:n]),
            "drawn": accuracy(judge, drawn, scenes, said),
        },
        "reconstruction_l1_of_255": round(float(np.abs(again.astype(int) - drawn[:n]).mean()), 2),
    }
    quality = json.loads(json.dumps(quality), parse_float=lambda number: round(float(number), 3))
    (PACKAGE / "quality.json").write_text(json.dumps(quality, indent="\t") + "\n")

    sheet(to_pictures(vae, sample(unet, encode_text(parts, CHECK), empty, STEPS, GUIDANCE, seed=1)), 8, PACKAGE / "samples.png")
    small_png(PACKAGE / "samples.png")
    card = PACKAGE / "README.md"
    if card.exists():
        marked = r"(<!-- quality -->\n).*?(\n<!-- end -->)"
        card.write_text(re.sub(marked, lambda match: match[1] + table(quality) + match[2], card.read_text(), flags=re.DOTALL))
    print(json.dumps(quality, indent=1))


if __name__ == "__main__":
    main()
