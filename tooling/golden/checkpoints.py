"""Tiny checkpoints in the hub's layout. Run: python tooling/golden/checkpoints.py test/golden/fixtures"""

import json
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from tiny_clip_tokenizer import write_tokenizer
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

VAE = {
    "block_out_channels": (8, 8, 8, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "latent_channels": 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}
UNET = {
    "block_out_channels": (16, 32),
    "norm_num_groups": 8,
    "sample_size": 16,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
}
TEXT = {"vocab_size": 1000, "num_hidden_layers": 3, "max_position_embeddings": 77, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
# The published scheduler_config.json files, which name neither the spacing nor, in SD 1.5, the prediction type.
SCHEDULE = {
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}

# One entry per checkpoint kind, after runwayml/stable-diffusion-v1-5 and stabilityai/stable-diffusion-2-1.
CHECKPOINTS = {
    "sd1": {
        "seed": 1,
        "pad_token": "<|endoftext|>",
        "text": {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "hidden_act": "quick_gelu", "projection_dim": 32},
        "unet": {"layers_per_block": 2, "attention_head_dim": 8, "cross_attention_dim": 32},
        "vae": {"sample_size": 128},
        "scheduler": {"_class_name": "PNDMScheduler", **SCHEDULE},
        "published_attention_names": True,
        "half": True,
        "adapter": "L",
    },
    "sd2": {
        "seed": 2,
        "pad_token": "!",
        "text": {"hidden_size": 48, "num_attention_heads": 6, "intermediate_size": 96, "hidden_act": "gelu", "projection_dim": 32},
        "unet": {"layers_per_block": 1, "attention_head_dim": [2, 4], "cross_attention_dim": 48, "use_linear_projection": True},
        "vae": {"sample_size": 192},
        "scheduler": {"_class_name": "DDIMScheduler", **SCHEDULE, "prediction_type": "v_prediction"},
        "published_attention_names": False,
        "half": False,
        "adapter": "H",
    },
}

# Names of the VAE's mid-block attention in files written before diffusers 0.18, which the published ones are.
PUBLISHED_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def randomize(model, seed):
    """Weights large enough that every one of them shows in the output: norms near 1, the rest scaled by fan-in."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim == 1:
            parameter.data = noise * 0.1 + (1 if "norm" in name and name.endswith("weight") else 0)
        elif "embedding.weight" in name:
            parameter.data = noise * 0.5
        else:
            parameter.data = noise / parameter[0].numel() ** 0.5
    return model.eval()


def text_state(model):
    """transformers 5 leaves out the `text_model.` prefix and `position_ids`, which the published files have."""
    state = {f"text_model.{name.removeprefix('text_model.')}": value.contiguous() for name, value in model.state_dict().items()}
    state["text_model.embeddings.position_ids"] = torch.arange(77).unsqueeze(0)
    return state


def published_vae(state):
    def rename(name):
        for new, old in PUBLISHED_ATTENTION.items():
            name = name.replace(f"mid_block.attentions.0.{new}.", f"mid_block.attentions.0.{old}.")
        return name

    return {rename(name): value for name, value in state.items()}


def save(state, path, half):
    save_file(state, path, metadata={"format": "pt"})
    if half:
        halved = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
        save_file(halved, path.with_suffix(".fp16.safetensors"), metadata={"format": "pt"})


def adapter_state(encoder, tokenizer, seed, blocks=10, ratio=4):
    """A PeCA of random weights, its base query the encoder's states of the empty prompt, as in the published files."""
    ids = tokenizer("", padding="max_length", max_length=77, return_tensors="pt").input_ids
    with torch.no_grad():
        hidden = encoder(ids, output_hidden_states=True).hidden_states[-1]
    width = hidden.shape[-1]
    last = ids.argmax(-1).item()
    generator = torch.Generator().manual_seed(seed)

    def linear(name, rows, columns, gain=1.0):
        state[f"{name}.weight"] = gain * torch.randn(rows, columns, generator=generator) / columns**0.5
        state[f"{name}.bias"] = 0.1 * torch.randn(rows, generator=generator)

    state = {"base_query": torch.cat([hidden, hidden[:, last : last + 1]], dim=1)}
    for i in range(blocks):
        for part in ("query", "key", "value", "proj"):
            linear(f"tf.{i}.attn.{part}", width, width, 2.0 if part in ("query", "key") else 1.0)
        linear(f"tf.{i}.ff.0", width // ratio, width)
        linear(f"tf.{i}.ff.2", width, width // ratio)
        for norm in ("norm1", "norm2"):
            state[f"tf.{i}.{norm}.weight"] = 1 + 0.1 * torch.randn(width, generator=generator)
            state[f"tf.{i}.{norm}.bias"] = 0.1 * torch.randn(width, generator=generator)
    return state


def write_checkpoint(root, kind, settings):
    folder = root / kind
    shutil.rmtree(folder, ignore_errors=True)
    write_tokenizer(folder / "tokenizer", settings["pad_token"])

    encoder = randomize(CLIPTextModel(CLIPTextConfig(**TEXT, **settings["text"])), settings["seed"])
    encoder.save_pretrained(folder / "text_encoder")
    save(text_state(encoder), folder / "text_encoder/model.safetensors", settings["half"])

    unet = randomize(UNet2DConditionModel(**UNET, **settings["unet"]), settings["seed"] + 10)
    unet.save_pretrained(folder / "unet")
    save(unet.state_dict(), folder / "unet/diffusion_pytorch_model.safetensors", settings["half"])

    # The same weights in both checkpoints, under the published attention names in one: their images agree exactly.
    vae = randomize(AutoencoderKL(**VAE, **settings["vae"]), 21)
    vae.save_pretrained(folder / "vae")
    state = published_vae(vae.state_dict()) if settings["published_attention_names"] else vae.state_dict()
    save(state, folder / "vae/diffusion_pytorch_model.safetensors", settings["half"])

    (folder / "scheduler").mkdir()
    (folder / "scheduler/scheduler_config.json").write_text(json.dumps(settings["scheduler"], indent=2) + "\n")
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.42.1",
        "feature_extractor": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", settings["scheduler"]["_class_name"]],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")

    adapters = root / "adapters/weight"
    adapters.mkdir(parents=True, exist_ok=True)
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    save_file(adapter_state(encoder, tokenizer, settings["seed"] + 30), adapters / f"{settings['adapter']}.safetensors")


def check(root, kind):
    """Reads the written files back by transformers and diffusers: every weight must be found and equal."""
    folder = root / kind
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder")
    written = load_file(folder / "text_encoder/model.safetensors")
    for name, value in text_state(encoder).items():
        assert torch.equal(written[name], value), name
    UNet2DConditionModel.from_pretrained(folder / "unet")
    reference = randomize(AutoencoderKL(**VAE), 21).state_dict()
    for name, value in AutoencoderKL.from_pretrained(folder / "vae").state_dict().items():
        assert torch.equal(reference[name], value), name


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for kind, settings in CHECKPOINTS.items():
        write_checkpoint(root, kind, settings)
        check(root, kind)
