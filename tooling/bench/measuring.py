"""What a measuring process of PyTorch's side needs: theirs.py and families_theirs.py. Sets the threads, so it is imported first."""

import os
import sys
import time

task, folder, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ.update(OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from diffusers.utils import logging  # noqa: E402

torch.set_num_threads(threads)
torch.set_grad_enabled(False)
logging.disable_progress_bar()


def status(field):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def timed(run):
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def times(run):
    return [timed(run)[0] for _ in range(repeats)]


def inputs(name, *dims):
    """The same numbers on both sides, or the first of them: written by run.ts and families.ts."""
    numbers = np.fromfile(f"{os.environ['BENCH_INPUTS']}/{name}.bin", np.float32, int(np.prod(dims)))
    return torch.from_numpy(numbers.reshape(dims))


def keep(name, tensor):
    tensor.contiguous().numpy().tofile(f"{os.environ['BENCH_INPUTS']}/{name}.theirs.bin")
