"""Whether a loss is a mean or a sum over the samples of its batch, found out by a few batches.

L(A and B) of two batches is (|A| L(A) + |B| L(B)) / (|A| + |B|) for a mean over samples, and
L(A) + L(B) for a sum. A mean over something else (tokens, where some are padding) or of statistics
of the batch is neither, as batches of different samples show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from lgi.errors import ModelError
from lgi.llc.library.data import Batch, Samples, described, said

Reduction = Literal["mean", "sum"]
Weight = Callable[[Batch], float]

# Largest difference, as a share of the loss, that rounding makes between a loss and the same loss
# from other batches. Of deep networks it was one unit in the last place; a loss of terms that
# cancel has more. Weights by tokens and statistics of a batch change per cents.
_ROUNDING = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
_TF32 = 2e-3  # a GPU computes convolutions in float32 with so many digits
_BROADCAST = "; a target [n] beside an output [n, 1] does this too"
_GROUPS = 8  # of batches whose losses are compared
_FIRST, _SECOND = 4, 2  # samples of their two parts: few, so that weights of samples show


def found(
    loss: Callable[[Batch], Tensor],
    samples: Samples,
    stated: Reduction | None,
    weight: Weight | None,
    module: nn.Module | None,
    batched: bool,
) -> tuple[Reduction, list[str]]:
    """Return what a loss is over its samples, and what is said of it.

    Parameters
    ----------
    loss
        Function of a batch to its loss, a tensor of one number. What it raises of a batch of few
        samples is a `ModelError`.
    samples
        The data.
    stated
        What the caller says it is.
    weight
        Function of a batch to what it counts for, in place of its number of samples.
    module
        The module of the loss, whose layers may compute in fewer digits than the loss has.
    batched
        Whether parts of the data are to make up the whole.

    Raises
    ------
    ModelError
        If it is not what is stated, a sum that is not stated, or, where parts are to make up the
        whole, neither; or if the weight of a batch is not the sum of those of its samples.
    """
    try:
        probes, value = _probes(loss, samples, weight)
    except ModelError as error:
        if batched or weight is not None:
            raise
        if stated is None:
            raise ModelError(
                "it cannot be told whether the loss is a mean or a sum over samples, for it takes "
                f"all of them only ({error}); hand over as data all that belongs to single samples "
                "(the targets), or say reduction='mean'"
            ) from error
        return stated, [f"that the loss is a {stated} over samples is taken as stated, unchecked"]
    dtype = coarsest(value.dtype, module)
    tf32 = value.device.type != "cpu" and dtype == torch.float32
    kind = _kind(probes, _TF32 if tf32 else _ROUNDING[dtype])
    seen = str(max(probes, key=lambda probe: abs(probe.first))) if probes else "no probe is finite"
    return _decided(kind, seen, stated, weight is not None, batched)


def coarsest(dtype: torch.dtype, module: nn.Module | None) -> torch.dtype:
    """Return the type of fewest digits among that of a loss and those of a module's parameters."""
    kinds = {dtype} if module is None else {dtype, *(p.dtype for p in module.parameters())}
    return max(kinds & _ROUNDING.keys(), key=_ROUNDING.__getitem__, default=torch.float32)


def weighed(weight: Weight, batch: Batch) -> float:
    """Return what a batch counts for; a ModelError if that is no finite number from 0 on."""
    try:
        value = weight(batch)
        number = float(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"weight gives no number for a batch {described(batch)} ({said(error)}): it is called "
            "with the whole batch, inputs and targets, as one tuple"
        ) from error
    if not 0 <= number < np.inf:
        raise ModelError(f"weight is {number} for a batch; allowed are finite numbers from 0 on")
    return number


@dataclass(frozen=True)
class _Probe:
    """Losses of two batches, of both as one, and of the first with each sample twice."""

    sizes: tuple[int, int]
    first: float
    second: float
    together: float
    twice: float
    share: float  # of the first batch in both, by samples or weights

    def losses(self) -> tuple[float, ...]:
        return self.first, self.second, self.together, self.twice

    def off_mean(self) -> float:
        mean = self.share * self.first + (1 - self.share) * self.second
        return abs(self.together - mean)

    def off_sum(self) -> float:
        return abs(self.together - self.first - self.second)

    def __str__(self) -> str:
        first, second = self.sizes
        if not second:
            return (
                f"one sample has the loss {self.first:.6g}, and twice in a batch {self.twice:.6g}"
            )
        return (
            f"batches of {first} and {second} samples have the losses {self.first:.6g} and "
            f"{self.second:.6g}, together {self.together:.6g}"
        )


def chosen(n: int) -> Tensor:
    """Return the samples of n that stand for all, int64 [up to 48], spread over them."""
    size = min(_FIRST + _SECOND, n)
    groups = min(_GROUPS, n // size)
    return torch.arange(groups * size) * n // (groups * size)


def _groups(n: int) -> list[tuple[Tensor, Tensor]]:
    """Return the samples of two batches each."""
    spread, size = chosen(n), min(_FIRST + _SECOND, n)
    second = max(1, size // 3) if n > 1 else 0
    groups = len(spread) // size
    parts = (spread[group::groups] for group in range(groups))
    return [(part[: size - second], part[size - second :]) for part in parts]


def _probes(
    loss: Callable[[Batch], Tensor], samples: Samples, weight: Weight | None
) -> tuple[list[_Probe], Tensor]:
    """Return what batches of few samples show of a loss, and one of its values."""
    probes: list[_Probe] = []
    value = torch.empty(())

    def of(*indices: Tensor) -> float:
        nonlocal value
        value = loss(samples.take(torch.cat(indices)))
        return value.item()

    for first, second in _groups(len(samples)):
        share = _share(weight, samples, first, second)
        alone, twice = of(first), of(first, first)
        other, together = (of(second), of(first, second)) if len(second) else (0.0, alone)
        probe = _Probe((len(first), len(second)), alone, other, together, twice, share)
        if np.isfinite([*probe.losses(), share]).all():
            probes.append(probe)
    return probes, value


def _share(weight: Weight | None, samples: Samples, first: Tensor, second: Tensor) -> float:
    """Return what the first of two batches counts for, as a share of both."""
    if weight is None or not len(second):
        return len(first) / (len(first) + len(second))
    both = torch.cat([first, second])
    one, other, all_ = (weighed(weight, samples.take(index)) for index in (first, second, both))
    if abs(one + other - all_) > 1e-4 * all_:
        raise ModelError(
            f"weight gives {one:g} and {other:g} for two batches but {all_:g} for both as one: it "
            "must be a sum over samples, such as the number of tokens that are not padding"
        )
    return one / all_ if all_ and one and other else np.nan  # nothing counts in one of them


def _kind(probes: list[_Probe], tolerance: float) -> str:
    """Return what a loss is over its samples: mean, sum, or what else probes tell."""
    scale = max((abs(loss) for probe in probes for loss in probe.losses()), default=0.0)
    if scale == 0:
        return "unknown"
    off = {
        "mean": max(abs(probe.twice - probe.first) for probe in probes) / scale,
        "sum": max(abs(probe.twice - 2 * probe.first) for probe in probes) / scale,
    }
    like = min(off, key=off.__getitem__)
    if off[like] > tolerance:
        # A sum and what is added to it whatever the data: both differ by that from a sum alone.
        beside = [probe.together - probe.first - probe.second for probe in probes]
        beside += [probe.twice - 2 * probe.first for probe in probes]
        constant = max(beside) - min(beside) <= tolerance * scale
        return "sum of other things" if constant else "neither"
    by = _Probe.off_mean if like == "mean" else _Probe.off_sum
    return like if max(map(by, probes)) / scale <= tolerance else f"{like} of other things"


def _decided(
    kind: str, seen: str, stated: Reduction | None, weighted: bool, batched: bool
) -> tuple[Reduction, list[str]]:
    """Return what a loss is taken for, and what is said of it; a ModelError if it is refused."""
    if kind == (stated or "mean"):
        return stated or "mean", []
    if kind == "unknown":
        return stated or "mean", [f"the loss was not told from a sum over samples: {seen}"]
    if kind.startswith("sum") and stated != "sum":
        raise ModelError(
            f"the loss sums over samples ({seen}), and nβ is for their mean: divide it by their "
            "number (reduction='mean' in PyTorch's losses), or say reduction='sum' if its sum over "
            "all data is n times the L that is meant"
        )
    if kind == "mean":
        raise ModelError(f"reduction is 'sum', but the loss is a mean over samples: {seen}")
    if weighted:
        raise ModelError(f"the loss is no mean over samples with these weights: {seen}")
    if batched:
        raise ModelError(
            f"the loss is neither mean nor sum over samples ({seen}), so that parts of the data "
            "do not make up the whole: for a mean over tokens give weight=, a function of a batch "
            "to what it counts for, such as lambda batch: (batch[1] != -100).sum(); else take all "
            f"data at once (no batch_size, chunk=n){_BROADCAST}"
        )
    if stated is not None and not kind.startswith(stated):
        raise ModelError(f"reduction is {stated!r}, but the loss is none over samples: {seen}")
    of = stated or "mean"
    said_of = f"the loss is no {of} over samples ({seen}) and is taken of all data at once"
    return of, [said_of + _BROADCAST]
