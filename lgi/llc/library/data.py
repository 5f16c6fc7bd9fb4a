"""The data of an estimate, in whatever form people have them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from torch import Tensor

from lgi.errors import ModelError

Batch = tuple[Any, ...]
"""What the module takes, then what the loss takes beside its output; samples first in every tensor.

What the module takes may be a tensor, a tuple of its arguments or a dict of its keyword arguments.
"""


class Samples(Protocol):
    """The samples of a data set."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def take(self, indices: Tensor) -> Batch:
        """Return some of them, by int64 [batch]."""
        ...

    def between(self, start: int, stop: int) -> Batch:
        """Return those from `start` up to `stop`, without a copy where that can be."""
        ...


class TensorSamples:
    """Tensors whose first axis is that of the samples."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self.tensors = tuple(tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def take(self, indices: Tensor) -> Batch:
        """Return some of them, by int64 [batch]."""
        return tuple(tensor[indices.to(tensor.device)] for tensor in self.tensors)

    def between(self, start: int, stop: int) -> Batch:
        """Return views of those from `start` up to `stop`."""
        return tuple(tensor[start:stop] for tensor in self.tensors)


def samples_of(data: Any) -> Samples:
    """Return the samples of data.

    Parameters
    ----------
    data
        Tensors of one length: what the module takes, then what the loss takes.

    Raises
    ------
    ModelError
        If it is nothing of that kind, or its parts differ in length.
    """
    tensors = tuple(data)
    lengths = {len(tensor) for tensor in tensors}
    if len(lengths) > 1:
        raise ModelError(f"data differ in their number of samples: {sorted(lengths)}")
    return TensorSamples(tensors)


def answer(module: Callable[..., Any], inputs: Any) -> Any:
    """Return what a module answers to the first part of a batch."""
    if isinstance(inputs, dict):
        return module(**inputs)
    return module(*inputs) if isinstance(inputs, tuple | list) else module(inputs)
