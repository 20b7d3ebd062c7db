"""Training by the clock: a learning rate that rises and falls over the minutes given, and checkpoints from which a run goes on.

On a processor the minutes are its own, of one thread's share: on a busy machine a run takes longer and learns as much.
"""

import math
import time

import torch

from data import CACHE
from device import DEVICE


def spent():
    """Seconds of computing so far."""
    if DEVICE.type == "cuda":
        return time.monotonic()
    return time.process_time() / torch.get_num_threads()


class Clock:
    """`extra` is anything else with a state dict that a resumed run needs (a moving average, say)."""

    def __init__(self, name, minutes, model, optimizer, extra=None, every=90):
        self.path, self.seconds, self.every = CACHE / f"{name}.pt", minutes * 60, every
        self.parts = {"model": model, "optimizer": optimizer} | ({"extra": extra} if extra is not None else {})
        self.optimizer, self.done, self.step = optimizer, 0.0, 0
        if self.path.exists():
            saved = torch.load(self.path, map_location=DEVICE, weights_only=True)
            self.done, self.step = saved["done"], saved["step"]
            for key, part in self.parts.items():
                part.load_state_dict(saved[key])

    def over(self, result):
        """Whether there is nothing left to do: the minutes are spent, and what comes of them is in .cache under the name `result`."""
        return self.done >= self.seconds and (CACHE / result).exists()

    def save(self):
        state = {key: part.state_dict() for key, part in self.parts.items()}
        torch.save(state | {"done": self.done, "step": self.step}, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").rename(self.path)

    def steps(self, peak, warm=200):
        """Yields step numbers until the time is over. The rate warms up over `warm` steps and falls as a cosine of the time; a group of
        weights may have a `share` of it."""
        last, saved = spent(), time.monotonic()
        while self.done < self.seconds:
            fall = 0.5 + 0.5 * math.cos(math.pi * self.done / self.seconds)
            for group in self.optimizer.param_groups:
                group["lr"] = peak * group.get("share", 1) * min(1, (self.step + 1) / warm) * max(fall, 0.01)
            yield self.step
            now = spent()
            self.step, self.done, last = self.step + 1, self.done + now - last, now
            if time.monotonic() - saved > self.every:
                self.save()
                last, saved = spent(), time.monotonic()
        self.save()

    def say(self, **numbers):
        shown = "  ".join(f"{key} {value:.4f}" for key, value in numbers.items())
        print(f"{self.done / 60:5.1f} of {self.seconds / 60:.0f} min  step {self.step}  {shown}", flush=True)
