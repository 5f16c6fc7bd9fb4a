"""What all functions of the library take beside model, loss, data and setting."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from torch import Tensor

from lgi.llc.library.data import Batch

STREAM = (0, "llc")
"""Stream of an estimate whose stream is not named."""


class FunctionOptions(TypedDict, total=False):
    """Keyword arguments of the functions that take a function: `Options` without `parameters`."""

    samples: int | None
    batch_size: int | None
    loss_samples: int | Literal["all"] | None
    reduction: Literal["mean", "sum"] | None
    weight: Callable[[Batch], float] | None
    mapping: Literal["vmap", "loop"] | None
    chunk: int | None
    stream: tuple[Any, ...]
    progress: bool | None
    callback: Callable[[Any], None] | None


class Options(FunctionOptions, total=False):
    """Keyword arguments of the library's functions; each may be left out.

    Parameters
    ----------
    samples
        n of nβ, where it is not the number of samples of the data.
    batch_size
        Samples whose gradient drives a step, drawn anew with replacement for every chain and step;
        None for all of them. Samplers that are exact take all.
    loss_samples
        Samples by which L of a kept draw is measured: ``"all"``, or a fixed subsample of so many,
        whose error is part of ``llc_se``. None: all without mini-batches, else batch_size × thin,
        16 at least and no more than there are, so that L costs less than the steps.
    parameters
        Which parameters of a module are sampled, the others stay as they are: a name or a pattern
        (``"layers.0.*"``), several of them, or for each name a bool mask of the tensor's shape.
        None: all that require a gradient.
    reduction
        What the loss of a batch is: ``"mean"`` or ``"sum"`` over its samples. None: found out, and
        a sum is refused.
    weight
        Function of a batch to what it counts for in the mean over all data, where that is not its
        number of samples: the number of tokens that are not padding, for a mean over tokens. n is
        then the sum of the weights.
    mapping
        ``"vmap"`` for all chains in one call, ``"loop"`` for one after another (side by side on
        the cores). None: what the module can do and what is faster.
    chunk
        Samples that are evaluated at once where a loss or gradient of all is needed. None: as many
        as a mini-batch has, or more if what their gradient holds is below 4 MiB.
    stream
        Seed and names of the random stream; see `lgi.llc.keys.chain_keys`.
    progress
        Whether a bar shows how far it is, with running λ̂ and acceptance. None: on a terminal.
    callback
        Called with a `Progress` after every draw that all chains have kept. What it raises goes
        through; KeyboardInterrupt from it stops the chains and keeps what is drawn.
    """

    parameters: str | Sequence[str] | Mapping[str, Tensor] | None
