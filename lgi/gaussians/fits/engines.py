"""The engines that fit Gaussians: target, start, recipe in; history and end out."""

from lgi.engines import Engine, registry

FIT = registry(
    Engine("numba", "cpu", "lgi.gaussians.fits.fit_cpu:fit"),
    Engine("torch", "cuda", "lgi.gaussians.fits.fit:fit"),
)
