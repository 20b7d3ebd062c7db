"""OpenVINO's models: how they are made from diffusers' and compiled."""

import gc
from pathlib import Path

import openvino as ov
import torch
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder


def path_of(folder, name, kind):
    return Path(folder) / "openvino" / f"{name}{'-int8' if kind == 'int8' else ''}.xml"


def compiled(folder, name, kind, threads):
    precision = {"float32": "f32", "bfloat16": "bf16", "int8": "bf16"}[kind]
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    return ov.Core().compile_model(path_of(folder, name, kind), "CPU", settings)


def export(folder, name, module, feeds, half):
    """Of static shapes. `half` keeps the weights in 16 bits, as the checkpoint has them."""
    decoder = TorchScriptPythonDecoder(module, example_input=tuple(feeds), trace_kwargs={"check_trace": False})
    model = ov.convert_model(decoder, example_input=tuple(feeds))
    model.reshape({i: list(each.shape) for i, each in enumerate(feeds)})
    ov.save_model(model, path_of(folder, name, "float32"), compress_to_fp16=half)


def quantise(folder, name, feeds):
    """Weights and activations in 8 bits, calibrated with these inputs."""
    import nncf

    model = ov.Core().read_model(path_of(folder, name, "float32"))
    data = nncf.Dataset([[each.numpy() for each in feeds]])
    # Correcting biases takes half an hour of a UNet, and no time of a step.
    settings = nncf.AdvancedQuantizationParameters(disable_bias_correction=True)
    found = nncf.quantize(model, data, subset_size=1, model_type=nncf.ModelType.TRANSFORMER, advanced_parameters=settings)
    del model
    gc.collect()
    ov.save_model(found, path_of(folder, name, "int8"), compress_to_fp16=False)


class Replacement:
    """Stands where a pipeline of diffusers has a module, whose configuration it keeps."""

    def __init__(self, module, model):
        self.config, self.dtype, self.device = module.config, module.dtype, module.device
        self.request = model.create_infer_request()

    def run(self, *feeds):
        return torch.from_numpy(self.request.infer([each.numpy() for each in feeds])[0])


class UNet(Replacement):
    def __call__(self, sample, timestep, encoder_hidden_states, **_):
        return (self.run(sample, timestep.float(), encoder_hidden_states),)


class Decoder(Replacement):
    def decode(self, latents, **_):
        # The model divides by it itself.
        return (self.run(latents * self.config.scaling_factor),)


class TextEncoder(Replacement):
    def __call__(self, ids, **_):
        return (self.run(ids),)


def replace_models(pipe, folder, kind, threads):
    """In a pipeline of Stable Diffusion 1.5, for one picture of 512 × 512 with guidance."""
    for part, name, kind_of_part in (("unet", "unet", UNet), ("vae", "vae", Decoder), ("text_encoder", "text", TextEncoder)):
        model = compiled(folder, name, "float32" if name == "text" else kind, threads)
        object.__setattr__(pipe, part, kind_of_part(getattr(pipe, part), model))
    gc.collect()
