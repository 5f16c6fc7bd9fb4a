"""The engines that train toy models: functions of `Models` to their trajectories, in order."""

from lgi.engines import Engine, registry

TRAIN = registry(
    Engine("numba", "cpu", "lgi.superposition.training.train_cpu:train_each"),
    Engine("numba", "cuda", "lgi.superposition.training.train_cuda:train_each"),
)
