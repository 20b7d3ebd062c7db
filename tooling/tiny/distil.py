"""Progressive distillation into a LoRA: the denoiser with it draws in 4 steps of DDIM without guidance what it draws in 32 with it.

In each stage a student learns to go in one step where its teacher goes in two. The first teacher is the denoiser with guidance, every
other one the student before. Timesteps are trailing, as the scheduler's are.

    python distil.py --minutes 90
"""

import argparse
import copy

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from peft import LoraConfig, get_peft_model_state_dict

from clock import Clock
from data import CACHE, load
from device import DEVICE, arguments, autocast, begin
from draw import sheet
from sample import SCHEDULER, encode_text, sample, text_parts
from sheets import CHECK, to_pictures
from train_clip import ids_of
from train_unet import cache_latents

STAGES, GUIDANCE = (16, 8, 4), 4.0
LAYERS = ("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2", "conv1", "conv2", "time_emb_proj")
# Each timestep's angle: cos of it is the share of the picture, sin that of the noise. The last entry is the picture itself.
ANGLES = torch.cat([torch.arccos(SCHEDULER.alphas_cumprod.clamp(0, 1).sqrt()), torch.zeros(1)])


def grid(steps):
    """The timesteps of so many steps, the first the noisiest, and -1 for the picture."""
    return torch.cat([torch.from_numpy(np.round(np.arange(1000, 0, -1000 / steps)).astype(int) - 1), torch.tensor([-1])])


def turned(z, v, start, end):
    """DDIM from one angle to another."""
    turn = (start - end).view(-1, 1, 1, 1)
    return turn.cos() * z - turn.sin() * v


def velocity(z, result, start, end):
    """The v with which one step leads to the result."""
    turn = (start - end).view(-1, 1, 1, 1)
    return (turn.cos() * z - result) / turn.sin()


def guided(unet, z, t, states, empty, guidance):
    with autocast():
        said = unet(z, t, states).sample.float()
        if guidance == 1:
            return said
        return torch.lerp(unet(z, t, empty.expand_as(states)).sample.float(), said, guidance)


@torch.no_grad()
def goal_of(teacher, z, place, steps, states, empty, guidance):
    """The v of one step that does what two of the teacher's do, from the places of the student's grid."""
    times = grid(2 * steps)
    t, middle, end = (times[2 * place + i].to(DEVICE) for i in range(3))
    angles = ANGLES.to(DEVICE)
    half = turned(z, guided(teacher, z, t, states, empty, guidance), angles[t], angles[middle])
    whole = turned(half, guided(teacher, half, middle, states, empty, guidance), angles[middle], angles[end])
    return t, velocity(z, whole, angles[t], angles[end])


def with_lora(unet):
    unet.requires_grad_(False)
    unet.add_adapter(LoraConfig(r=8, lora_alpha=8, init_lora_weights="gaussian", target_modules=list(LAYERS)))
    return torch.nn.ParameterList(p for p in unet.parameters() if p.requires_grad)


def main():
    args = arguments(argparse.ArgumentParser(description=__doc__), minutes=90, batch=64)
    begin(args)
    pictures, _, _, captions = load("train")
    vae = AutoencoderKL.from_pretrained(CACHE / "vae").to(DEVICE)
    latents, parts = cache_latents(vae, pictures), text_parts()
    tokenizer, encoder = parts
    ids, empty = ids_of(tokenizer, captions), encode_text(parts, [""])
    teacher = UNet2DConditionModel.from_pretrained(CACHE / "unet").to(DEVICE).requires_grad_(False)
    teacher.set_attn_processor(AttnProcessor())
    student = copy.deepcopy(teacher)
    weights = with_lora(student)
    for stage, steps in enumerate(STAGES):
        optimizer = torch.optim.AdamW(weights, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
        clock = Clock(f"distilled-{steps}", args.minutes / len(STAGES), weights, optimizer)
        losses = []
        for step in clock.steps(peak=1e-3, warm=100):
            chosen, place = torch.randint(0, len(latents), (args.batch,)), torch.randint(0, steps, (args.batch,))
            batch = ids[chosen, torch.randint(0, 3, (args.batch,))].long().to(DEVICE)
            clean, states = latents[chosen].float().to(DEVICE), encoder(batch).last_hidden_state.float()
            z = SCHEDULER.add_noise(clean, torch.randn_like(clean), grid(steps)[place].to(DEVICE))
            t, goal = goal_of(teacher, z, place, steps, states, empty, GUIDANCE if stage == 0 else 1)
            loss = F.mse_loss(guided(student, z, t, states, empty, 1), goal)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            losses.append(loss.item())
            if step % 100 == 0:
                clock.say(steps=steps, loss=float(np.mean(losses[-100:])))
        teacher = copy.deepcopy(student).requires_grad_(False)
    layers = get_peft_model_state_dict(student)
    StableDiffusionPipeline.save_lora_weights(CACHE / "few-steps", unet_lora_layers=layers)
    drawn = sample(student, encode_text(parts, CHECK), empty, steps=STAGES[-1], guidance=1.0, seed=1)
    sheet(to_pictures(vae, drawn), 8, CACHE / "sheet-few-steps.png")


if __name__ == "__main__":
    main()
