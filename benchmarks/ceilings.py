"""How fast a card copies and computes: what the roofline divides by.

Products and sums are kept apart, as everywhere (`lgi.cuda`): a card does half of what its data
sheet says, which counts an operation that fuses both.
"""

import time

import numpy as np
from numba import cuda

from lgi.cuda import SIMULATED, kernel

BYTES = 2**30
"""Of the array that is copied, beyond any cache."""
CHAINS = 8
"""Independent products and sums of a thread."""
UNROLLED = 16
"""Times that they are done without a jump."""


def ceilings(repeats: int = 5) -> dict[str, float]:
    """Return bytes, and operations in float32 and float64, of a second.

    Parameters
    ----------
    repeats
        Measurements, of which the best counts.

    Returns
    -------
    dict
        ``bytes``, read and written ones together; ``fp32`` and ``fp64``, a product or a sum each.
    """
    return {
        "bytes": _copied(repeats),
        "fp32": _computed(np.float32, repeats),
        "fp64": _computed(np.float64, repeats),
    }


def _copied(repeats: int) -> float:
    size = 2**12 if SIMULATED else BYTES
    source = cuda.to_device(np.ones(size, np.uint8))
    target = cuda.device_array_like(source)
    seconds = _least(lambda: target.copy_to_device(source), repeats)
    return 2 * size / seconds


def _computed(kind, repeats: int) -> float:
    """Return the rate of a kernel whose operations depend on memory not at all."""
    rounds, threads = (1, 4) if SIMULATED else (512, 256)
    blocks = 2 if SIMULATED else 32 * cuda.get_current_device().MULTIPROCESSOR_COUNT
    out = cuda.to_device(np.zeros(blocks * threads, kind))
    factor, term = kind(0.999), kind(0.001)

    def run():
        _products_and_sums[blocks, threads](out, factor, term, rounds)

    run()  # compiles
    return 2 * CHAINS * UNROLLED * rounds * blocks * threads / _least(run, repeats)


@kernel
def _products_and_sums(out, factor, term, rounds):
    i = cuda.grid(1)
    a = out[i]
    b, c, d = a + term, a - term, a + factor
    e, f, g, h = b + term, c - term, d + factor, b - factor
    for _ in range(rounds):
        for _ in range(UNROLLED):  # so that counting takes no turns
            a = a * factor + term
            b = b * factor + term
            c = c * factor + term
            d = d * factor + term
            e = e * factor + term
            f = f * factor + term
            g = g * factor + term
            h = h * factor + term
    out[i] = ((a + b) + (c + d)) + ((e + f) + (g + h))


def _least(run, repeats: int) -> float:
    """Return the least seconds of a run, from launch to its end on the card."""
    run()
    seconds = []
    for _ in range(repeats):
        if not SIMULATED:
            cuda.synchronize()
        begin = time.perf_counter()
        run()
        if not SIMULATED:
            cuda.synchronize()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)
