"""The engines that fit Gaussians: target, start, recipe in; history and end out.

That of the CPU makes one fit, that of CUDA a list of them.
"""

from lgi.engines import Engine, registry

FIT = registry(
    Engine("numba", "cpu", "lgi.gaussians.fits.fit_cpu:fit"),
    Engine("numba", "cuda", "lgi.gaussians.fits.fit_cuda:fits"),
)
