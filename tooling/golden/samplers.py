"""Runs of every sampler with a made-up model, beside schedulers.py. Run: python tooling/golden/samplers.py test/golden/fixtures

The model is made up, float32, and depends on the call: output = 0.1·input + (0.05 + 0.02·(k mod 3)). A sample is two pictures. A case is
one tensor: timesteps, then levels where the class has them, then the samples after the calls that ROWS names.

DPMSolverSDEScheduler asks its Brownian motion for times that it takes through float32 roots, logarithms and exponentials, and the motion
differs by 1e-3 between times 1e-6 apart. PyTorch's are MKL's: not always the nearest, and not the same on all processors. So its cases but
"as-it-is" have the nearest.
"""

import json
import sys
from pathlib import Path

import diffusers
import torch
from diffusers.pipelines.stable_diffusion_3.pipeline_stable_diffusion_3 import calculate_shift
from safetensors.torch import save_file

SHAPE = (2, 1, 2, 3)
STEPS = (1, 2, 3, 6, 20)
ROWS = (0, 1, 2, -2, -1)

SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LEADING = {**SD, "steps_offset": 1, "timestep_spacing": "leading"}
V = {"prediction_type": "v_prediction"}
X0 = {"prediction_type": "sample"}
ZERO_SNR = {**SD, **V, "timestep_spacing": "trailing", "rescale_betas_zero_snr": True}
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}
SPACINGS = {kind: {**SD, f"use_{kind}_sigmas": True} for kind in ("karras", "exponential", "beta")}
THRESHOLD = {**SD, "thresholding": True, "dynamic_thresholding_ratio": 0.9, "sample_max_value": 1.5}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}

# Class, then its cases: settings as a scheduler_config.json has them; None leaves the steps out that diffusers fails at.
CASES = {
    "DDIMScheduler": {"threshold": THRESHOLD, "clipped": {**LEADING, "clip_sample_range": 0.4}},
    "DDPMScheduler": {
        "leading": {**LEADING, "clip_sample": False},
        "clipped": {**SD, **V, "clip_sample_range": 0.4, "timestep_spacing": "trailing"},
        "linspace": {**SD, **X0, "timestep_spacing": "linspace", "variance_type": "fixed_large", "clip_sample": False},
        "log": {**SD, "variance_type": "fixed_small_log", "clip_sample": False},
        "threshold": THRESHOLD,
        "laplace": {"beta_schedule": "laplace", "clip_sample": False},
        "sigmoid": {"beta_schedule": "sigmoid"},
    },
    "LMSDiscreteScheduler": {"linspace": SD, "leading": {**LEADING, **V}, "sample": {**SD, **X0}, **SPACINGS},
    "EulerDiscreteScheduler": {
        "log-linear": {**SD, "interpolation_type": "log_linear"},
        "log-linear-karras": {**SPACINGS["karras"], "interpolation_type": "log_linear"},
        "continuous": {**SPACINGS["karras"], **V, "timestep_type": "continuous", "sigma_min": 0.002, "sigma_max": 80.0},
    },
    "HeunDiscreteScheduler": {
        "linspace": SD,
        "leading": {**LEADING, **V},
        "clipped": {**SD, **X0, "clip_sample": True, "clip_sample_range": 0.4},
        "exp": {"beta_schedule": "exp"},
        **SPACINGS,
    },
    "KDPM2DiscreteScheduler": {"linspace": SD, "leading": {**LEADING, **V}, **SPACINGS},
    "KDPM2AncestralDiscreteScheduler": {"linspace": SD, "leading": {**LEADING, **V}, **SPACINGS},
    "DPMSolverSDEScheduler": {
        name: {**config, "noise_sampler_seed": 3}
        for name, config in {"linspace": SD, "as-it-is": SD, "leading": {**LEADING, **V}, "trailing": {**SD, "timestep_spacing": "trailing"}, **SPACINGS}.items()
    },
    "DPMSolverMultistepScheduler": {
        "third": {**SD, "solver_order": 3},
        "third-high": {**SD, "solver_order": 3, "final_sigmas_type": "sigma_min", "lower_order_final": False},
        "noise": {**SD, "algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"},
        "noise-heun": {**SD, **V, "algorithm_type": "dpmsolver", "solver_type": "heun", "final_sigmas_type": "sigma_min"},
        "noise-third": {**SD, **X0, "algorithm_type": "dpmsolver", "solver_order": 3, "final_sigmas_type": "sigma_min"},
        "noise-threshold": {**THRESHOLD, "algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"},
        "sde": {**LEADING, "algorithm_type": "sde-dpmsolver++"},
        "sde-heun": {**SD, **V, "algorithm_type": "sde-dpmsolver++", "solver_type": "heun", "use_karras_sigmas": True},
        "sde-third": {**SD, "algorithm_type": "sde-dpmsolver++", "solver_order": 3},
        "sde-noise": {**SD, "algorithm_type": "sde-dpmsolver", "final_sigmas_type": "sigma_min"},
        "sde-noise-heun": {**SD, "algorithm_type": "sde-dpmsolver", "solver_type": "heun", "final_sigmas_type": "sigma_min"},
        "lu": {**SD, "use_lu_lambdas": True},
        "lu-cosine": {**COSINE, "use_lu_lambdas": True},
        "flow": FLOW,
        "threshold": THRESHOLD,
        "zero-snr": {**ZERO_SNR, "solver_order": 3},
        "range": {**SPACINGS["karras"], "sigma_min": 0.1, "sigma_max": 9.0},
        "exponential": SPACINGS["exponential"],
        "beta": SPACINGS["beta"],
    },
    "DPMSolverSinglestepScheduler": {
        "second": SD,
        "second-low": {**SD, **V, "lower_order_final": True, "solver_type": "heun"},
        "first": {**SD, "solver_order": 1},
        "third": {**SD, "solver_order": 3},
        "third-heun": {**SD, **X0, "solver_order": 3, "solver_type": "heun", "final_sigmas_type": "sigma_min"},
        "noise": {**SD, "algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"},
        "noise-third": {**SD, "algorithm_type": "dpmsolver", "solver_order": 3, "final_sigmas_type": "sigma_min"},
        "sde": {**SD, "algorithm_type": "sde-dpmsolver++"},
        "sde-third": {**SD, "algorithm_type": "sde-dpmsolver++", "solver_order": 3, "solver_type": "heun"},
        "flow": {**FLOW, "lower_order_final": True},
        "threshold": THRESHOLD,
        "cosine-clipped": {**COSINE, "lambda_min_clipped": -5.1},
        **SPACINGS,
    },
    "DEISMultistepScheduler": {
        "linspace": SD,
        "leading": {**LEADING, **V},
        "first": {**SD, "solver_order": 1},
        "third": {**SD, **X0, "solver_order": 3},
        "third-high": {**SD, "solver_order": 3, "lower_order_final": False},
        "of-dpm": {**SD, "algorithm_type": "dpmsolver++", "solver_type": "midpoint"},
        "threshold": THRESHOLD,
        "flow": FLOW,
        **SPACINGS,
    },
    "UniPCMultistepScheduler": {
        "linspace": SD,
        "leading": {**LEADING, **V},
        "trailing": {**SD, **X0, "timestep_spacing": "trailing", "solver_type": "bh1", "final_sigmas_type": "sigma_min"},
        "first": {**SD, "solver_order": 1},
        "third": {**SD, "solver_order": 3, "disable_corrector": [0, 2]},
        "high": {**SD, "solver_order": 3, "lower_order_final": False, "final_sigmas_type": "sigma_min"},
        "noise": {**SD, **V, "predict_x0": False, "final_sigmas_type": "sigma_min"},
        "of-dpm": {**SD, "solver_type": "midpoint"},
        "threshold": THRESHOLD,
        "zero-snr": ZERO_SNR,
        "flow": FLOW,
        "flow-terminal": {**FLOW, "shift_terminal": 0.1, "final_sigmas_type": "sigma_min"},
        "flow-karras": {**FLOW, **SPACINGS["karras"]},
        "range": {**SPACINGS["exponential"], "sigma_min": 0.1, "sigma_max": 9.0},
        **SPACINGS,
    },
    "SASolverScheduler": {
        "linspace": SD,
        "leading": {**LEADING, **V},
        "third": {**SD, "predictor_order": 3, "corrector_order": 3},
        "noise": {**SD, **X0, "algorithm_type": "noise_prediction"},
        "flow": FLOW,
        **SPACINGS,
    },
    "LCMScheduler": {"plain": {}, "v": {**V, "timestep_scaling": 3.0, "original_inference_steps": 100}, "clipped": {"clip_sample": True}, "threshold": THRESHOLD},
    "TCDScheduler": {"plain": {}, "v": {**V, "original_inference_steps": 100}, "sample": X0},
    "EDMEulerScheduler": {"karras": {}, "exponential": {**V, "sigma_schedule": "exponential", "final_sigmas_type": "sigma_min"}},
    "EDMDPMSolverMultistepScheduler": {
        "karras": {},
        "exponential": {**V, "sigma_schedule": "exponential", "solver_order": 3, "final_sigmas_type": "sigma_min"},
        "sde": {"algorithm_type": "sde-dpmsolver++", "sigma_data": 1.0, "solver_type": "heun"},
        "threshold": {"thresholding": True, "dynamic_thresholding_ratio": 0.9, "sample_max_value": 1.5},
    },
    "FlowMatchHeunDiscreteScheduler": {"plain": {}, "shifted": {"shift": 3.0}},
    "FlowMatchLCMScheduler": {"shifted": {"shift": 3.0}},
    "IPNDMScheduler": {"plain": {}},
    "CMStochasticIterativeScheduler": {"plain": {}, "clear": {"clip_denoised": False, "s_noise": 0.9, "num_train_timesteps": 100}},
}

DYNAMIC = {"use_dynamic_shifting": True}
# Class, settings, and what set_timesteps is given in place of a number of steps.
GIVEN = [
    ("EulerDiscreteScheduler", LEADING, {"timesteps": [999, 700.5, 300, 41]}),
    ("EulerDiscreteScheduler", SD, {"sigmas": [14.6, 6.3, 2.1, 0.7, 0.0]}),
    ("EulerDiscreteScheduler", SPACINGS["karras"], {"sigmas": [9.0, 2.1, 0.3]}),
    ("HeunDiscreteScheduler", SD, {"timesteps": [999, 700, 300]}),
    ("DDPMScheduler", {**SD, "clip_sample": False}, {"timesteps": [999, 700, 300, 1]}),
    ("DPMSolverMultistepScheduler", SD, {"timesteps": [999, 700, 300, 41]}),
    ("DPMSolverSinglestepScheduler", SD, {"timesteps": [999, 700, 300, 41]}),
    ("LCMScheduler", {}, {"timesteps": [999, 759, 500, 259]}),
    ("TCDScheduler", {}, {"timesteps": [999, 759, 500, 259]}),
    ("CMStochasticIterativeScheduler", {}, {"timesteps": [39, 20, 0]}),
    ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0}, {"sigmas": [1.0, 0.6, 0.2]}),
    ("FlowMatchEulerDiscreteScheduler", DYNAMIC, {"num_inference_steps": 4, "mu": 0.8}),
    ("FlowMatchLCMScheduler", DYNAMIC, {"num_inference_steps": 4, "mu": 0.8}),
    ("DPMSolverMultistepScheduler", {**FLOW, **DYNAMIC}, {"num_inference_steps": 4, "mu": 0.8}),
    ("UniPCMultistepScheduler", {**FLOW, **DYNAMIC}, {"num_inference_steps": 4, "mu": 0.8}),
    ("UniPCMultistepScheduler", {**FLOW, **DYNAMIC, "time_shift_type": "linear"}, {"num_inference_steps": 4, "mu": 0.8}),
    ("UniPCMultistepScheduler", {**FLOW, **DYNAMIC}, {"num_inference_steps": 4, "patches": 1024}),
]


def draws_of(noise):
    """Every scheduler's noise, in the order of its calls."""
    drawn = iter(noise)
    for name, module in list(sys.modules.items()):
        if name.startswith("diffusers.schedulers.scheduling_") and hasattr(module, "randn_tensor"):
            module.randn_tensor = lambda *_, **__: next(drawn)


def nearest():
    """PyTorch's float32 roots, logarithms and exponentials by way of float64; undone by what it returns."""
    own = {name: getattr(torch.Tensor, name) for name in ("log", "exp", "expm1", "sqrt", "__pow__")}
    for name, function in own.items():
        setattr(torch.Tensor, name, lambda x, *y, function=function: function(x.double(), *y).to(x.dtype))
    return lambda: [setattr(torch.Tensor, name, function) for name, function in own.items()]


def run(scheduler, sample, noise, eta, schedule):
    draws_of(noise)
    scheduler.set_timesteps(**schedule)
    scheduler.set_begin_index(0) if hasattr(scheduler, "set_begin_index") else None
    sigma = torch.as_tensor(getattr(scheduler, "init_noise_sigma", 1.0), dtype=torch.float32)
    x = sample * sigma
    samples = []
    for k, t in enumerate(scheduler.timesteps):
        model_input = scheduler.scale_model_input(x, t) if hasattr(scheduler, "scale_model_input") else x
        output = 0.1 * model_input + (0.05 + 0.02 * (k % 3))
        x = scheduler.step(output, t, x, **({} if eta is None else {"eta": eta})).prev_sample
        samples.append(x.flatten().to(torch.float32))
    assert torch.isfinite(x).all()
    return sigma.item(), samples


def main(folder: Path):
    generator = torch.Generator().manual_seed(8)
    sample = torch.randn(SHAPE, generator=generator)
    noise = torch.randn(40, *SHAPE, generator=generator)
    tensors = {"sample": sample.flatten(), "noise": noise.flatten(1)}
    cases = []

    def record(key, name, config, schedule, eta=None, **case):
        undo = nearest() if name == "DPMSolverSDEScheduler" and "as-it-is" not in key else list
        scheduler = getattr(diffusers, name).from_config({"_class_name": name, **config})
        sigma, samples = run(scheduler, sample, noise, eta, schedule)
        undo()
        rows = sorted({row % len(samples) for row in ROWS if -len(samples) <= row < len(samples)})
        levels = scheduler.sigmas.to(torch.float32) if hasattr(scheduler, "sigmas") and not name.startswith("KDPM2") else torch.zeros(0)
        tensors[key] = torch.cat([scheduler.timesteps.to(torch.float32), levels, *(samples[row] for row in rows)])
        known = {"calls": len(samples), "levels": len(levels), "rows": rows, "initNoiseSigma": sigma}
        cases.append({"key": key, "config": {"_class_name": name, **config}, **case, **({} if eta is None else {"eta": eta}), **known})

    for name, configs in CASES.items():
        for label, config in configs.items():
            for steps in STEPS:
                try:
                    eta = {"plain": 0.3, "v": 1.0, "sample": 0.0}[label] if name == "TCDScheduler" else None
                    record(f"{name}.{label}.{steps}", name, config, {"num_inference_steps": steps}, eta, steps=steps)
                except (AssertionError, IndexError, TypeError) as error:
                    print(f"{name}.{label}.{steps}: diffusers fails, {type(error).__name__} {error}")

    for number, (name, config, given) in enumerate(GIVEN):
        schedule = dict(given)
        patches = schedule.pop("patches", None)
        if patches is not None:
            schedule["mu"] = calculate_shift(patches)
        options = {"given": {key: value for key, value in given.items() if key in ("timesteps", "sigmas", "mu")}, "imageSequenceLength": patches}
        record(f"given.{number}.{name}", name, config, schedule, 0.0 if name == "TCDScheduler" else None, steps=schedule.get("num_inference_steps", 1), **options)

    save_file(tensors, folder / "samplers.safetensors")
    (folder / "samplers.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
