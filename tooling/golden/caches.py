"""Whole runs that leave out work of some steps. Run after the checkpoints: python tooling/golden/caches.py test/golden/fixtures DEEPCACHE

DEEPCACHE is DeepCache's own DeepCache/extension/deepcache.py. First-block caches are diffusers'. A case has more fields than those of runs.py:
`cache`, `image` where it begins from the picture of that name of pictures_in.py, and `whole`, how many predictions ran the whole network.
"""

import importlib.util
import inspect
import sys
from pathlib import Path

import diffusers
import torch
from diffusers.hooks import FirstBlockCacheConfig, HookRegistry, apply_first_block_cache
from pictures_in import PICTURES
from PIL import Image
from runs import NEGATIVE, PROMPTS, write

DEFAULTS = {"checkpoint": "sd1", "prompt": PROMPTS[:1], "negative_prompt": NEGATIVE[:1], "seed": 0, "steps": 8, "guidance_scale": 5.0, "height": 64, "width": 64}


def deep(interval, branch=0, **changes):
    return {"cache": {"method": "deepcache", "interval": interval, "branch": branch}, **changes}


def first(threshold, **changes):
    return {"cache": {"method": "first-block", "threshold": threshold}, **changes}


# Networks of random weights change much from step to step.
THRESHOLDS = (0.64, 0.78, 1.0)
SDXL = {"checkpoint": "sdxl"}
PLAIN = {"guidance_scale": 1.0, "negative_prompt": None}
TWO = {"prompt": PROMPTS, "negative_prompt": NEGATIVE}
FROM_PICTURE = {"image": "even", "height": 32, "width": 48}
FLUX = {"checkpoint": "flux", "guidance_scale": 3.5, "negative_prompt": None, "max_sequence_length": 64}
TRUE_CFG = {**FLUX, "negative_prompt": NEGATIVE[:1], "true_cfg_scale": 2.0}
SD3 = {"checkpoint": "sd3", "max_sequence_length": 77}
SD35 = {**SD3, "checkpoint": "sd35"}

CASES = {
    **{f"sd1.{interval}-{branch}": deep(interval, branch) for interval in (2, 3, 5) for branch in (0, 1)},
    **{f"sd1.3-{branch}": deep(3, branch) for branch in (2, 3, 4, 5)},
    "sd1.plain": deep(3, **PLAIN),
    "sd1.plain-1": deep(2, 1, **PLAIN),
    "sd1.two": deep(3, 1, **TWO),
    **{f"sd1.{name}": deep(3, scheduler=name) for name in ("euler", "heun", "dpm2", "unipc", "dpm++2m-karras")},
    "sd1.picture": deep(3, **FROM_PICTURE, strength=0.8),
    # PNDM's second call of a timestep comes first.
    "sd1.picture-at-pair": deep(2, **FROM_PICTURE, strength=0.75),
    "sd2.2-2": deep(2, 2, checkpoint="sd2"),
    "sd2.3-3": deep(3, 3, checkpoint="sd2"),
    **{f"sdxl.{interval}-{branch}": deep(interval, branch, **SDXL) for interval in (2, 3, 5) for branch in (0, 1)},
    "sdxl.3-4": deep(3, 4, **SDXL),
    "sdxl.plain": deep(2, **SDXL, **PLAIN),
    "sdxl.two": deep(3, **SDXL, **TWO),
    "sdxl.denoising-end": deep(2, **SDXL, denoising_end=0.7),
    **{f"flux.{threshold}": first(threshold, **FLUX) for threshold in THRESHOLDS},
    "flux.two": first(0.62, **FLUX, prompt=PROMPTS),
    "flux.true-cfg": first(0.74, **TRUE_CFG),
    **{f"sd3.{threshold}": first(threshold, **SD3) for threshold in THRESHOLDS},
    "sd3.two": first(0.77, **SD3, **TWO),
    "sd3.plain": first(0.83, **SD3, **PLAIN),
    "sd35.0.7": first(0.7, **SD35),
}


class Cached:
    """A pipeline whose calls run with the case's cache, each from its beginning."""

    def __init__(self, pipe, helper, case):
        self.__dict__.update(pipe=pipe, helper=helper, case=case)

    def __getattr__(self, name):
        return getattr(self.pipe, name)

    def __setattr__(self, name, value):
        setattr(self.pipe, name, value)

    def __call__(self, **arguments):
        unet = hasattr(self.pipe, "unet")
        taken = inspect.signature(self.pipe.__call__).parameters
        arguments = {name: value for name, value in arguments.items() if name in taken}
        counted = self.pipe.unet.mid_block if unet else self.pipe.transformer.transformer_blocks[1]
        calls, forward = [], counted.forward

        def counting(*inputs, **options):
            calls.append(1)
            return forward(*inputs, **options)

        counted.forward = counting
        try:
            return self.deep(arguments) if unet else self.first_block(arguments)
        finally:
            counted.forward = forward
            self.case["whole"] = len(calls)

    def deep(self, arguments):
        cache = self.case["cache"]
        helper = self.helper(pipe=self.pipe)
        helper.set_params(cache_interval=cache["interval"], cache_branch_id=cache["branch"])
        helper.enable()
        try:
            return self.pipe(**arguments)
        finally:
            helper.disable()

    def first_block(self, arguments):
        config = FirstBlockCacheConfig(threshold=self.case["cache"]["threshold"])
        transformer = self.pipe.transformer
        if hasattr(transformer, "enable_cache"):
            transformer.enable_cache(config)
            try:
                return self.pipe(**arguments)
            finally:
                transformer.disable_cache()
        # diffusers' pipeline of Stable Diffusion 3 has no cache, but its blocks do, if the last gives its text: it is used no more.
        last, whole = transformer.transformer_blocks[-1], transformer.forward
        own = last.forward
        last.forward = lambda hidden_states, encoder_hidden_states, **options: (encoder_hidden_states, own(hidden_states=hidden_states, encoder_hidden_states=encoder_hidden_states, **options)[1])
        apply_first_block_cache(transformer, config)

        def each(hidden_states, encoder_hidden_states, pooled_projections, timestep, **options):
            """Each condition in a context of its own, as in diffusers' pipelines that have caches."""
            batch = [hidden_states, encoder_hidden_states, pooled_projections, timestep]
            names = ("uncond", "cond") if self.pipe.do_classifier_free_guidance else ("cond",)
            outputs = []
            for name, rows in zip(names, zip(*(tensor.chunk(len(names)) for tensor in batch))):
                hidden, encoder, pooled, time = rows
                context(transformer, name)
                outputs.append(whole(hidden_states=hidden, encoder_hidden_states=encoder, pooled_projections=pooled, timestep=time, **options)[0])
            return (torch.cat(outputs),)

        transformer.forward = each
        try:
            return self.pipe(**arguments)
        finally:
            transformer.forward = whole
            for block in transformer.transformer_blocks:
                registry = HookRegistry.check_if_exists_or_initialize(block)
                for hook in list(registry.hooks):
                    registry.remove_hook(hook)
            last.forward = own


def context(module, name):
    from diffusers.hooks.hooks import CacheContext, _set_cache_context

    _set_cache_context(module, CacheContext(name))


def inputs(case):
    return {"image": Image.fromarray(PICTURES[case["image"]])} if "image" in case else {}


@torch.no_grad()
def main(root: Path, file: str):
    spec = importlib.util.spec_from_file_location("deepcache", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    opened = {}

    def pipes(case):
        family = {"sdx": "StableDiffusionXL", "sd3": "StableDiffusion3", "flu": "Flux"}.get(case["checkpoint"][:3], "StableDiffusion")
        name = f"{family}{'Img2Img' if 'image' in case else ''}Pipeline"
        key = (name, case["checkpoint"])
        if key not in opened:
            extra = {"add_watermarker": False} if family == "StableDiffusionXL" else {}
            opened[key] = getattr(diffusers, name).from_pretrained(root / case["checkpoint"], dtype=torch.float32, **extra)
        return Cached(opened[key], module.DeepCacheSDHelper, case)

    write(root, "caches", pipes, DEFAULTS, CASES, None, inputs=inputs)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
