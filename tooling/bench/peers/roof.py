"""What PyTorch's products of matrices reach, in billions of operations a second: python roof.py FOLDER THREADS roof roof"""

from measuring import answer, timed, torch

SIDE, RUNS = 4096, 5


def rate(product, a, b):
    product(a, b)
    return 2 * SIDE**3 / min(timed(lambda: product(a, b))[0] for _ in range(RUNS)) / 1e9


def matrices(dtype):
    return torch.randn(SIDE, SIDE).to(dtype), torch.randn(SIDE, SIDE).to(dtype)


answer(
    float32=rate(torch.matmul, *matrices(torch.float32)),
    bfloat16=rate(torch.matmul, *matrices(torch.bfloat16)),
    int8=rate(torch._int_mm, *matrices(torch.int8)),
)
