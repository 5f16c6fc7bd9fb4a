"""The engines that train toy models, from samples and, where one can, from counted patterns."""

from lgi.engines import Engine, registry

TRAIN = registry(
    Engine("numba", "cpu", "lgi.superposition.training.train_cpu:train"),
    Engine("torch", "cuda", "lgi.superposition.training.train:train"),
)
TRAIN_ON_PATTERNS = registry(
    Engine("numba", "cpu", "lgi.superposition.training.train_cpu:train_on_patterns"),
)
