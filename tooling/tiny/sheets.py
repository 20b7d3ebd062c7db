"""Prompts for contact sheets, and latents made into pictures."""

import torch

CHECK = [
    *["a star"] * 6,
    "a blue striped star, outline style",
    "an outline drawing of a star with blue stripes",
    "a circle with blue stripes, outline style",
    "an outline drawing of a blue striped house",
    "a red heart",
    "three small red hearts at the top",
    "a neon sign of a pink cat",
    "a green tree on a yellow ground, pixel art",
    "a watercolour of a purple flower on a white ground",
    "a pencil sketch of a house",
    "two yellow fish on a blue ground",
    "four orange stars on black",
    "a large dotted mushroom on a green ground, flat style",
    "a checked cup",
    "a small boat on the left on a blue ground",
    "a yellow moon on black",
    "a striped square at the bottom",
    "a big black triangle with dots on pink, flat style",
    "a cat",
    "a house",
    "a fish, neon style",
    "a flower, drawn in outline",
    "a boat, pixel art",
    "a heart on a pink ground",
    "a tree, watercolour",
    "a large red circle on a white ground, flat style",
]


def to_pictures(vae, latents):
    """uint8 [n, 64, 64, 3]"""
    with torch.no_grad():
        pictures = vae.decode(latents / vae.config.scaling_factor).sample
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
