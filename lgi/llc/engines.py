"""The engines that run the chains of an estimate."""

from lgi.engines import Engine, registry

SAMPLERS = registry(
    Engine("numba", "cpu", "lgi.llc.samplers_cpu:run"),
    Engine("numba", "cuda", "lgi.llc.samplers_cuda:run"),
)
