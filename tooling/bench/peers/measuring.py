"""What a measuring process of another library needs: python SCRIPT FOLDER THREADS KIND TASK. Sets the threads, so it is imported first.

A worker loads what it measures and says that it is ready. Each line on its standard input then names a measurement, which it runs once.
It answers on standard output, in lines of JSON.
"""

import json
import os
import sys
import time

folder, threads, kind, task = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
os.environ.update(OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
os.environ.update(DIFFUSERS_VERBOSITY="error", TORCHINDUCTOR_CACHE_DIR=f"{folder}/inductor", TORCHINDUCTOR_FREEZING="1")
answers = os.fdopen(os.dup(1), "w", buffering=1)
# What libraries print is no answer.
os.dup2(2, 1)

import numpy as np  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(threads)
torch.set_grad_enabled(False)


def status(field):
    """Bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def timed(run):
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def inputs(name, *dims):
    """The same numbers on all sides, or the first of them."""
    numbers = np.fromfile(f"{folder}/inputs/{name}.bin", np.float32, int(np.prod(dims)))
    return torch.from_numpy(numbers.reshape(dims))


def answer(**fields):
    answers.write(json.dumps(fields) + "\n")


def serve(measure):
    """`measure(name)` gives a result to compare with the other sides', or nothing."""
    kept = set()
    answer(ready=True)
    for line in sys.stdin:
        name = line.strip()
        seconds, result = timed(lambda name=name: measure(name))
        if result is not None and name not in kept:
            kept.add(name)
            result.float().contiguous().numpy().tofile(f"{folder}/outputs/{name}, {os.environ['BENCH_SIDE']}.bin")
        answer(seconds=seconds, peak=status("VmHWM"))
