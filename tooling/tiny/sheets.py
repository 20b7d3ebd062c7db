"""Prompts for contact sheets, and latents made into pictures."""

import torch

CHECK = [
    *["a star"] * 8,
    "a blue striped star, outline style",
    "an outline drawing of a star with blue stripes",
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
    "a checked cup, made of clay",
    "a small boat on the left on a blue ground",
    "a paper cut of a yellow moon on black",
    "a striped balloon at the bottom",
    "a clay model of a turquoise car",
    "a big black umbrella with dots on pink, flat style",
    "a red apple",
    "a rocket, neon style",
    "an owl, drawn in outline",
    "a whale, pixel art",
    "two robots on a yellow ground, paper cut",
    "a brown turtle on a green background, made of clay",
    "a cat",
    "a house",
    "a rabbit",
    "a bird on a pink ground",
    "a butterfly, watercolour",
    "a cactus",
    "a large purple crown on a white ground",
    "a snowman",
]


def to_pictures(vae, latents):
    """uint8 [n, 128, 128, 3]"""
    with torch.no_grad():
        pictures = vae.decode(latents / vae.config.scaling_factor).sample
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
