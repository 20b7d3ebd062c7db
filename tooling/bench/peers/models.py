"""The networks that steps are measured of, each as a module of tensors alone, so that all libraries get it and its inputs in one form."""

from pathlib import Path
from typing import Callable, NamedTuple

import torch
from diffusers import AutoencoderKL, FluxPipeline, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from measuring import inputs
from torch import nn
from transformers import CLIPTextModel

# SDXL's sizes and crop, of a whole picture.
PLACES = [[1024.0, 1024, 0, 0, 1024, 1024]] * 2


class Model(NamedTuple):
    load: Callable[[str, torch.dtype], nn.Module]
    """From the folder of all checkpoints."""
    feeds: Callable[[], tuple[torch.Tensor, ...]]
    after: Callable[[torch.Tensor], torch.Tensor] = lambda result: result
    """Makes of the result what this project gives."""


class Call(nn.Module):
    """A module whose forward takes tensors by position and gives one."""

    def __init__(self, model, call):
        super().__init__()
        self.model, self.call = model, call

    def forward(self, *feeds):
        return self.call(self.model, *feeds)


def loading(kind, place, call):
    def load(folder, dtype):
        return Call(kind.from_pretrained(str(Path(folder) / place), torch_dtype=dtype).eval(), call)

    return load


def unet(model, sample, timestep, condition):
    return model(sample, timestep, condition, return_dict=False)[0]


def sdxl(model, sample, timestep, condition, pooled, places):
    return model(sample, timestep, condition, added_cond_kwargs={"text_embeds": pooled, "time_ids": places}, return_dict=False)[0]


def flux(model, sample, condition, pooled, timestep, guidance, picture_ids, text_ids):
    return model(sample, condition, pooled, timestep, picture_ids, text_ids, guidance, return_dict=False)[0]


def sd35(model, sample, condition, pooled, timestep):
    return model(sample, condition, pooled, timestep, return_dict=False)[0]


def sdxl_feeds(size):
    sample = inputs("sample", 1, 4, size, size).repeat(2, 1, 1, 1)
    return sample, torch.tensor(501.0), inputs("condition", 2, 77, 2048), inputs("pooled", 2, 1280), torch.tensor(PLACES)


def flux_feeds():
    sample = FluxPipeline._pack_latents(inputs("sample", 1, 16, 128, 128), 1, 16, 128, 128)
    ids = FluxPipeline._prepare_latent_image_ids(1, 64, 64, "cpu", torch.float32)
    one = torch.tensor([0.501]), torch.tensor([3.5])
    return sample, inputs("condition", 1, 512, 4096), inputs("pooled", 1, 768), *one, ids, torch.zeros(512, 3)


def sd35_feeds():
    return inputs("sample", 1, 16, 128, 128), inputs("condition", 1, 333, 4096), inputs("pooled", 1, 2048), torch.tensor([501.0])


def decode(vae, latents):
    return vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]


MODELS = {
    "unet": Model(
        loading(UNet2DConditionModel, "sd15/unet", unet),
        lambda: (inputs("sample", 2, 4, 64, 64), torch.tensor(501.0), inputs("condition", 2, 77, 768)),
    ),
    "vae": Model(loading(AutoencoderKL, "sd15/vae", decode), lambda: (0.5 * inputs("sample", 1, 4, 64, 64),)),
    "text": Model(
        loading(CLIPTextModel, "sd15/text_encoder", lambda model, ids: model(ids, return_dict=False)[0]),
        lambda: (torch.arange(77)[None] % 1000,),
    ),
    "sdxl-64": Model(loading(UNet2DConditionModel, "sdxl/unet", sdxl), lambda: sdxl_feeds(64)),
    "sdxl-128": Model(loading(UNet2DConditionModel, "sdxl/unet", sdxl), lambda: sdxl_feeds(128)),
    "flux": Model(
        loading(FluxTransformer2DModel, "flux", flux), flux_feeds, lambda result: FluxPipeline._unpack_latents(result, 1024, 1024, 8)
    ),
    "sd35-large": Model(loading(SD3Transformer2DModel, "sd35-large", sd35), sd35_feeds),
    "sd35-medium": Model(loading(SD3Transformer2DModel, "sd35-medium", sd35), sd35_feeds),
}
