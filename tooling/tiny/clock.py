"""Training by the clock: a learning rate that rises and falls over the minutes given, and checkpoints from which a run goes on."""

import math
import time

import torch

from data import CACHE


class Clock:
    """`extra` is anything else with a state dict that a resumed run needs (a moving average, say)."""

    def __init__(self, name, minutes, model, optimizer, extra=None, every=90):
        self.path, self.seconds, self.every = CACHE / f"{name}.pt", minutes * 60, every
        self.parts = {"model": model, "optimizer": optimizer} | ({"extra": extra} if extra is not None else {})
        self.optimizer, self.done, self.step = optimizer, 0.0, 0
        if self.path.exists():
            saved = torch.load(self.path, weights_only=True)
            self.done, self.step = saved["done"], saved["step"]
            for key, part in self.parts.items():
                part.load_state_dict(saved[key])

    def save(self):
        state = {key: part.state_dict() for key, part in self.parts.items()}
        torch.save(state | {"done": self.done, "step": self.step}, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").rename(self.path)

    def steps(self, peak, warm=200):
        """Yields step numbers until the time is over. The rate warms up over `warm` steps and falls as a cosine of the time."""
        last = saved = time.monotonic()
        while self.done < self.seconds:
            fall = 0.5 + 0.5 * math.cos(math.pi * self.done / self.seconds)
            for group in self.optimizer.param_groups:
                group["lr"] = peak * min(1, (self.step + 1) / warm) * max(fall, 0.01)
            yield self.step
            now = time.monotonic()
            self.step, self.done, last = self.step + 1, self.done + now - last, now
            if now - saved > self.every:
                self.save()
                last = saved = time.monotonic()
        self.save()

    def say(self, **numbers):
        shown = "  ".join(f"{key} {value:.4f}" for key, value in numbers.items())
        print(f"{self.done / 60:5.1f} of {self.seconds / 60:.0f} min  step {self.step}  {shown}", flush=True)
