"""Trajectories of diffusers' schedulers. Run: python tooling/golden/schedulers.py test/golden/fixtures

The model is made up, float32, and depends on the step: output = 0.1·input + (0.05 + 0.02·(k mod 3)).
"""

import json
import sys
from pathlib import Path

import diffusers
import torch
from diffusers.schedulers import scheduling_euler_ancestral_discrete
from safetensors.torch import save_file

STEPS = (1, 2, 4, 10, 25, 50)
WHOLE = 10  # trajectories of up to this many steps are kept whole, of longer ones only SOME rows
SOME = (0, 1, 2, -2, -1)

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LEADING = {**SD, "steps_offset": 1, "timestep_spacing": "leading"}
V = {"prediction_type": "v_prediction"}
ZERO_SNR = {**SD, **V, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True}
# SD 1.5's published file: settings it does not name are each class's own defaults.
PUBLISHED = {**SD, "clip_sample": False, "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1, "trained_betas": None}

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
    },
    "EulerAncestralDiscreteScheduler": {
        "leading": LEADING,
        "v": {**LEADING, **V},
        "linspace": SD,
        "zero-snr": ZERO_SNR,
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


def run(scheduler, steps, sample, noise, eta):
    """The samples after every step, and the estimates of x_0 where the class gives them."""
    drawn = iter(noise)
    scheduling_euler_ancestral_discrete.randn_tensor = lambda *_, **__: next(drawn)
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)  # else a first timestep that comes twice (Karras's spacing, rounded) starts the run at index 1
    sigma = torch.as_tensor(scheduler.init_noise_sigma, dtype=torch.float32)
    x = sample * sigma
    samples, estimates = [], []
    for k, t in enumerate(scheduler.timesteps):
        output = 0.1 * scheduler.scale_model_input(x, t) + (0.05 + 0.02 * (k % 3))
        extra = {"eta": eta, "variance_noise": next(drawn)} if eta else {}
        result = scheduler.step(output, t, x, **extra)
        x = result.prev_sample
        samples.append(x.flatten())
        if getattr(result, "pred_original_sample", None) is not None:
            estimates.append(result.pred_original_sample.flatten())
    assert torch.isfinite(x).all()
    return sigma, samples, estimates


def main(folder: Path):
    generator = torch.Generator().manual_seed(5)
    sample = torch.randn(1, 4, 4, 4, generator=generator)
    noise = torch.randn(max(STEPS), 1, 4, 4, 4, generator=generator)
    tensors = {"sample": sample.flatten(), "noise": noise.flatten(1)}
    cases = []

    def record(label, scheduler, case, eta, all_steps):
        for steps in all_steps:
            key = f"{label}.{steps}"
            sigma, samples, estimates = run(scheduler, steps, sample, noise, eta)
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
            steps = [n for n in STEPS if not (label == "prk" and n < 4)]
            scheduler = getattr(diffusers, name)(**config)
            record(f"{name}.{label}", scheduler, {"config": {"_class_name": name, **config}}, eta, steps)

    published = diffusers.PNDMScheduler.from_config(PUBLISHED)
    for choice, (name, extra) in SWAPS.items():
        scheduler = getattr(diffusers, name).from_config(published.config, **extra)
        record(f"swap.{choice}", scheduler, {"config": {"_class_name": "PNDMScheduler", **PUBLISHED}, "scheduler": choice}, 0.0, (4, 25))

    save_file(tensors, folder / "schedulers.safetensors")
    (folder / "schedulers.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
