"""Trajectories of diffusers' schedulers, and its rescaling of guidance. Run: python tooling/golden/schedulers.py test/golden/fixtures

The model is made up, float32, and depends on the step: output = 0.1·input + (0.05 + 0.02·(k mod 3)).
"""

import json
import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import rescale_noise_cfg
from diffusers.schedulers import scheduling_euler_ancestral_discrete, scheduling_flow_match_euler_discrete
from safetensors.torch import save_file

STEPS = (1, 2, 4, 10, 25, 50)
FEW = (1, 2, 4)
FLOW_STEPS = (1, 4, 28)
WHOLE = 10  # trajectories of up to this many steps are kept whole, of longer ones only SOME rows
SOME = (0, 1, 2, -2, -1)

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LEADING = {**SD, "steps_offset": 1, "timestep_spacing": "leading"}
V = {"prediction_type": "v_prediction"}
ZERO_SNR = {**SD, **V, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True}
# SD 1.5's published file: settings it does not name are each class's own defaults.
PUBLISHED = {**SD, "clip_sample": False, "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None}

# As Stable Diffusion XL, its Turbo and Lightning, and SD Turbo publish them.
OF_XL = {**SD, "clip_sample": False, "interpolation_type": "linear", "num_train_timesteps": 1000, "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None, "use_karras_sigmas": False}
XL = {**OF_XL, "timestep_spacing": "leading"}
TURBO = {**OF_XL, "timestep_spacing": "trailing"}

# Class, then its cases: settings as a scheduler_config.json has them.
CASES = {
    "DDIMScheduler": {
        "leading": {**LEADING, "clip_sample": False, "set_alpha_to_one": False},
        "v": {**LEADING, **V, "clip_sample": False, "set_alpha_to_one": False},
        "zero-snr": {**ZERO_SNR, "clip_sample": False},
        "linspace": {**SD, "timestep_spacing": "linspace", "clip_sample": True, "clip_sample_range": 1.5},
        "eta": {**LEADING, "clip_sample": False, "set_alpha_to_one": False},
        "sample": {"prediction_type": "sample"},
        "cosine": {"beta_schedule": "squaredcos_cap_v2", "clip_sample": False},
        "trained": {"trained_betas": [0.001 * (i + 1) for i in range(100)], "num_train_timesteps": 100},
    },
    "PNDMScheduler": {
        "leading": {**LEADING, "skip_prk_steps": True},
        "v": {**LEADING, **V, "skip_prk_steps": True},
        "trailing": {**SD, "timestep_spacing": "trailing", "skip_prk_steps": True},
        "linspace": {**SD, "timestep_spacing": "linspace", "skip_prk_steps": True, "set_alpha_to_one": True},
        "prk": {**LEADING},
    },
    "EulerDiscreteScheduler": {
        "leading": LEADING,
        "v": {**LEADING, **V},
        "linspace": SD,
        "zero-snr": ZERO_SNR,
        "karras": {**SD, "use_karras_sigmas": True},
        "karras-leading": {**LEADING, **V, "use_karras_sigmas": True},
        "karras-range": {**SD, "use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 12.0},
        "sigma-min": {**SD, "final_sigmas_type": "sigma_min"},
        "sample": {**SD, "prediction_type": "sample"},
        "xl": {**XL, "rescale_betas_zero_snr": False, "timestep_type": "discrete", "final_sigmas_type": "zero", "sigma_min": None, "sigma_max": None, "use_beta_sigmas": False},
        "turbo": TURBO,
        "turbo-sample": {**TURBO, "prediction_type": "sample"},
        "exponential": {**XL, "use_exponential_sigmas": True},
        "exponential-range": {**TURBO, "use_exponential_sigmas": True, "sigma_min": 0.05, "sigma_max": 12.0},
        "beta": {**XL, "use_beta_sigmas": True},
    },
    "EulerAncestralDiscreteScheduler": {
        "leading": LEADING,
        "v": {**LEADING, **V},
        "linspace": SD,
        "zero-snr": ZERO_SNR,
        "turbo": TURBO,
    },
    "DPMSolverMultistepScheduler": {
        "leading": LEADING,
        "v": {**LEADING, **V},
        "linspace": SD,
        "trailing": {**SD, "timestep_spacing": "trailing"},
        "zero-snr": ZERO_SNR,
        "karras": {**SD, "use_karras_sigmas": True},
        "karras-v": {**LEADING, **V, "use_karras_sigmas": True},
        "sigma-min": {**SD, "final_sigmas_type": "sigma_min"},
        "higher-final": {**SD, "final_sigmas_type": "sigma_min", "lower_order_final": False},
        "euler-final": {**SD, "final_sigmas_type": "sigma_min", "euler_at_final": True},
        "heun": {**SD, "solver_type": "heun"},
        "first-order": {**SD, "solver_order": 1},
        "sample": {**SD, "prediction_type": "sample"},
        "cosine-clipped": {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1, "use_karras_sigmas": True},
        "clipped": {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1},
    },
}

SD3 = {"num_train_timesteps": 1000, "shift": 3.0}
FLUX = {"base_image_seq_len": 256, "base_shift": 0.5, "max_image_seq_len": 4096, "max_shift": 1.15, "num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": True}
SCHNELL = {**FLUX, "shift": 1.0, "use_dynamic_shifting": False}
TERMINAL = {**FLUX, "shift_terminal": 0.1, "max_shift": 2.05, "base_shift": 0.95, "max_image_seq_len": 4096, "base_image_seq_len": 1024}
# FlowMatchEulerDiscreteScheduler: settings, whether the pipeline gives levels of its own, and a picture's patches.
FLOWS = {
    "sd3": (SD3, False, 4096),
    "sd3-given": (SD3, True, None),
    "sd3-dynamic": ({**SD3, "use_dynamic_shifting": True}, False, 1024),
    "flux-256": (FLUX, True, 16 * 16),
    "flux-1024": (FLUX, True, 64 * 64),
    "flux-wide": (FLUX, True, 48 * 85),
    "flux-own": (FLUX, False, 64 * 64),
    "linear": ({**FLUX, "time_shift_type": "linear"}, True, 64 * 64),
    "schnell": (SCHNELL, True, 64 * 64),
    "schnell-own": (SCHNELL, False, None),
    "terminal": (TERMINAL, True, 2048),
    "terminal-own": ({**SD3, "shift_terminal": 0.1}, False, None),
    "karras": ({**SD3, "use_karras_sigmas": True}, False, None),
    "karras-flux": ({**FLUX, "use_karras_sigmas": True}, True, 64 * 64),
    "exponential": ({**SD3, "use_exponential_sigmas": True}, False, None),
    "exponential-flux": ({**FLUX, "use_exponential_sigmas": True}, True, 64 * 64),
    "beta": ({**SD3, "use_beta_sigmas": True}, False, None),
    "inverted": ({**SCHNELL, "invert_sigmas": True}, True, None),
    "stochastic": ({**SD3, "stochastic_sampling": True}, False, None),
    "short": ({"num_train_timesteps": 100, "shift": 1.5}, False, None),
}

# A user's choice on a checkpoint of another class, by diffusers' from_config.
SWAPS = {
    "ddim": ("DDIMScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler-karras": ("EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    "euler-ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "dpm++2m": ("DPMSolverMultistepScheduler", {}),
    "dpm++2m-karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
}


def run(scheduler, steps, sample, noise, eta, **schedule):
    """The samples after every step, and the estimates of x_0 where the class gives them."""
    flow = isinstance(scheduler, diffusers.FlowMatchEulerDiscreteScheduler)
    drawn = iter(noise)
    for module in (scheduling_euler_ancestral_discrete, scheduling_flow_match_euler_discrete):
        module.randn_tensor = lambda *_, **__: next(drawn)
    scheduler.set_timesteps(steps, **schedule)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)  # else a first timestep that comes twice (Karras's spacing, rounded) starts the run at index 1
    sigma = torch.as_tensor(1.0 if flow else scheduler.init_noise_sigma, dtype=torch.float32)
    x = sample * sigma
    samples, estimates = [], []
    for k, t in enumerate(scheduler.timesteps):
        output = 0.1 * (x if flow else scheduler.scale_model_input(x, t)) + (0.05 + 0.02 * (k % 3))
        extra = {"eta": eta, "variance_noise": next(drawn)} if eta else {}
        result = scheduler.step(output, t, x, **extra)
        if flow:  # x_0 is where the velocity leads at the last level
            estimates.append((x + (scheduler.sigmas[-1] - scheduler.sigmas[k]) * output).flatten())
        elif getattr(result, "pred_original_sample", None) is not None:
            estimates.append(result.pred_original_sample.flatten())
        x = result.prev_sample
        samples.append(x.flatten())
    assert torch.isfinite(x).all()
    return sigma, samples, estimates


def guidance(folder: Path):
    """Three pictures of different contrast."""
    generator = torch.Generator().manual_seed(6)
    contrast = torch.tensor([1.0, 3.0, 0.2]).reshape(3, 1, 1, 1)
    guided = torch.randn(3, 4, 5, 4, generator=generator) * contrast + 0.3
    conditioned = torch.randn(3, 4, 5, 4, generator=generator) - 0.1
    rescaled = {f"rescaled.{share}": rescale_noise_cfg(guided, conditioned, share) for share in (0, 0.3, 0.7, 1)}
    save_file({"guided": guided, "conditioned": conditioned, **rescaled}, folder / "guidance.safetensors")


def main(folder: Path):
    generator = torch.Generator().manual_seed(5)
    sample = torch.randn(1, 4, 4, 4, generator=generator)
    noise = torch.randn(max(STEPS), 1, 4, 4, 4, generator=generator)
    tensors = {"sample": sample.flatten(), "noise": noise.flatten(1)}
    cases = []

    def record(label, scheduler, case, eta, all_steps, schedule=lambda steps: {}):
        for steps in all_steps:
            key = f"{label}.{steps}"
            sigma, samples, estimates = run(scheduler, steps, sample, noise, eta, **schedule(steps))
            calls = len(samples)
            rows = list(range(calls)) if steps <= WHOLE else [row % calls for row in SOME]
            tensors[f"{key}.samples"] = torch.stack([samples[row] for row in rows])
            if estimates and steps <= 4:
                tensors[f"{key}.x0"] = torch.stack(estimates)
            tensors[f"{key}.timesteps"] = scheduler.timesteps.to(torch.float32)
            if hasattr(scheduler, "sigmas"):
                tensors[f"{key}.sigmas"] = scheduler.sigmas
            cases.append({"key": key, **case, "steps": steps, "eta": eta, "initNoiseSigma": sigma.item(), "rows": rows})

    for name, configs in CASES.items():
        for label, config in configs.items():
            eta = 0.7 if label == "eta" else 0.0
            steps = FEW if "turbo" in label else [n for n in STEPS if not (label == "prk" and n < 4)]
            scheduler = getattr(diffusers, name).from_config(config)
            record(f"{name}.{label}", scheduler, {"config": {"_class_name": name, **config}}, eta, steps)

    for label, (config, given, patches) in FLOWS.items():
        scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**config)
        known = scheduler.config
        mu = None if patches is None else calculate_shift(patches, known.base_image_seq_len, known.max_image_seq_len, known.base_shift, known.max_shift)

        def schedule(steps, given=given, mu=mu):
            return {"mu": mu, **({"sigmas": np.linspace(1.0, 1 / steps, steps)} if given else {})}

        case = {"config": {"_class_name": "FlowMatchEulerDiscreteScheduler", **config}, "given": given, "imageSequenceLength": patches}
        # One step of a schedule with a terminal level divides 0 by 0.
        record(f"flow.{label}", scheduler, case, 0.0, FLOW_STEPS[label.startswith("terminal") :], schedule)

    published = diffusers.PNDMScheduler.from_config(PUBLISHED)
    for choice, (name, extra) in SWAPS.items():
        scheduler = getattr(diffusers, name).from_config(published.config, **extra)
        record(f"swap.{choice}", scheduler, {"config": {"_class_name": "PNDMScheduler", **PUBLISHED}, "scheduler": choice}, 0.0, (4, 25))

    save_file(tensors, folder / "schedulers.safetensors")
    (folder / "schedulers.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def added_noise(folder: Path):
    """A noiseless sample with noise, as at each call of four steps: `CLASS.LABEL` `[calls, …]`."""
    generator = torch.Generator().manual_seed(7)
    original, noise = torch.randn(2, 1, 4, 3, 3, generator=generator)
    tensors = {"original": original.flatten(), "noise": noise.flatten()}
    for name, configs in CASES.items():
        scheduler = getattr(diffusers, name).from_config(configs["v"])
        scheduler.set_timesteps(4)
        tensors[f"{name}.v"] = torch.stack([scheduler.add_noise(original, noise, t[None]).flatten() for t in scheduler.timesteps])
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**SD3)
    scheduler.set_timesteps(4)
    tensors["FlowMatchEulerDiscreteScheduler.sd3"] = torch.stack([scheduler.scale_noise(original, t[None], noise).flatten() for t in scheduler.timesteps])
    save_file(tensors, folder / "added-noise.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    added_noise(Path(sys.argv[1]))
    guidance(Path(sys.argv[1]))
