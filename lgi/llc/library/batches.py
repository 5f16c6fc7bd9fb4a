"""What of the data is evaluated at once, and what it counts for in the mean over all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from lgi import randomness
from lgi.llc.keys import MINI_BATCH
from lgi.llc.library.data import Batch, Samples
from lgi.llc.noise import indices

BLOCKS = 16
"""Into so many blocks a subsample is split, whose spread gives its error."""

HELD_BYTES = 2**25
"""A subsample of no more bytes is gathered once, a larger one whenever it is needed."""


@dataclass(frozen=True)
class Piece:
    """Samples that are evaluated at once."""

    batch: Batch
    share: float  # L is the sum over pieces of their loss times this


@dataclass(frozen=True)
class Batches:
    """The samples of an estimate, cut into what is evaluated at once.

    Parameters
    ----------
    samples
        The samples; None for a loss that takes no data.
    device
        Where they are evaluated: each part is moved there by itself.
    reduction
        What the loss of a batch is: ``"mean"`` or ``"sum"``.
    weight
        What a batch counts for in the mean, if not its number of samples.
    mean_weight
        What a sample counts for on average.
    chunk
        Samples of a part of all.
    batch_size
        Samples of a mini-batch; None if there are none.
    measured
        Samples by which L of a draw is measured.
    stream
        Seed and names of the random stream.
    """

    samples: Samples | None
    device: torch.device
    reduction: str = "mean"
    weight: Callable[[Batch], float] | None = None
    mean_weight: float = 1.0
    chunk: int = 1
    batch_size: int | None = None
    measured: int = 0
    stream: tuple = ()
    _held: list = field(default_factory=list, init=False, compare=False, repr=False)
    _subsamples: dict = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def size(self) -> int:
        """How many samples there are."""
        return 0 if self.samples is None else len(self.samples)

    def first(self, count: int) -> "Batches":
        """Return the same of the first samples alone, or of all if there are no more."""
        if self.size <= count:
            return self
        return replace(self, samples=_First(self.samples, count), measured=count)

    def every(self, start: int = 0, step: int = 1) -> Iterator[Piece]:
        """Yield all samples in chunks, or every so many-th chunk of them."""
        if self.samples is None:
            yield Piece((), 1.0)
            return
        for first in range(start * self.chunk, self.size, step * self.chunk):
            stop = min(first + self.chunk, self.size)
            yield self._piece(self.samples.between(first, stop), stop - first, self.size)

    def mini_batches(self, keys: Tensor, draw: int) -> tuple[Batch, list[float]]:
        """Return the mini-batches of some chains, one after another, and the share of each.

        Parameters
        ----------
        keys
            int64 [2, chains], on the CPU.
        draw
            Number of the draw.
        """
        chosen = indices(keys, draw, MINI_BATCH, self.batch_size, self.size)
        batch = self.placed(self.samples.take(chosen.flatten()))
        if self.weight is None and self.reduction == "mean":
            return batch, [1.0] * len(chosen)
        return batch, [
            self._share(rows(batch, slice(first, first + self.batch_size)))
            for first in range(0, chosen.numel(), self.batch_size)
        ]

    def _share(self, batch: Batch) -> float:
        return self._piece(batch, self.batch_size, self.batch_size).share

    @property
    def blocks(self) -> int:
        """How many blocks the samples are in by which L is measured; 1 where these are all."""
        return self.blocks_of(self.measured)

    def blocks_of(self, count: int) -> int:
        """Return into how many blocks so many samples are split; 1 where these are all."""
        return 1 if count >= self.size else min(BLOCKS, count)

    def pieces_of_blocks(self) -> Iterable[tuple[int, Piece]]:
        """Return what L is measured on: a block's number, and a part of it; of each L is a sum."""
        if self.blocks == 1:
            return ((0, piece) for piece in self.every())
        return self._held or self.subsample("loss samples", self.measured)

    def hold(self) -> None:
        """Gather the samples by which L is measured once, if they are few."""
        if self.blocks > 1 and not self._held:
            row = sum(t.numel() * t.element_size() for t in tensors_of(self.samples.between(0, 1)))
            if row * self.measured <= HELD_BYTES:
                self._held.extend(self.subsample("loss samples", self.measured))

    def subsample(
        self, name: str, count: int, start: int = 0, step: int = 1
    ) -> Iterator[tuple[int, Piece]]:
        """Yield the parts of blocks of a random subsample, or of every so many-th block of them.

        Parameters
        ----------
        name
            Of its random stream.
        count
            Samples of it, a multiple of `blocks_of` these.
        start, step
            Which blocks.
        """
        for block, chosen in list(enumerate(self._chosen(name, count)))[start::step]:
            for part in chosen.split(self.chunk):
                yield block, self._piece(self.samples.take(part), len(part), len(chosen))

    def _chosen(self, name: str, count: int) -> Tensor:
        """Return numbers of samples [blocks, samples of a block], each block in order."""
        if (name, count) not in self._subsamples:
            random = randomness.generator(*self.stream, name)
            chosen = torch.as_tensor(random.choice(self.size, count, replace=False))
            self._subsamples[name, count] = (
                chosen.reshape(self.blocks_of(count), -1).sort(dim=1).values
            )
        return self._subsamples[name, count]

    def _piece(self, batch: Batch, count: int, of: int) -> Piece:
        counts = 1.0 if self.reduction == "sum" else count
        if self.reduction != "sum" and self.weight is not None:
            counts = float(self.weight(batch))
        return Piece(self.placed(batch), counts / (of * self.mean_weight))

    def placed(self, batch: Batch) -> Batch:
        """Return a batch as what a gradient can be taken through, on the device."""
        return replaced(batch, [self._placed(tensor) for tensor in tensors_of(batch)])

    def _placed(self, tensor: Tensor) -> Tensor:
        tensor = tensor.detach().to(self.device)
        return tensor.clone() if tensor.is_inference() else tensor


@dataclass(frozen=True)
class _First:
    samples: Samples
    count: int

    def __len__(self) -> int:
        return self.count

    def take(self, indices: Tensor) -> Batch:
        return self.samples.take(indices)

    def between(self, start: int, stop: int) -> Batch:
        return self.samples.between(start, stop)


def tensors_of(batch: Any) -> list[Tensor]:
    """Return the tensors of a batch, in nested tuples, lists and dicts, in their order."""
    if isinstance(batch, Tensor):
        return [batch]
    parts = batch.values() if isinstance(batch, dict) else batch
    if not isinstance(batch, dict | tuple | list):
        return []
    return [tensor for part in parts for tensor in tensors_of(part)]


def replaced(batch: Any, tensors: list[Tensor]) -> Any:
    """Return the same batch with other tensors in the place of its own."""
    return _replaced(batch, iter(tensors))


def _replaced(batch: Any, tensors: Iterator[Tensor]) -> Any:
    if isinstance(batch, Tensor):
        return next(tensors)
    if isinstance(batch, dict):
        return {name: _replaced(part, tensors) for name, part in batch.items()}
    if isinstance(batch, tuple | list):
        parts = [_replaced(part, tensors) for part in batch]
        return tuple(parts) if isinstance(batch, tuple) else parts
    return batch


def rows(batch: Any, which: slice) -> Any:
    """Return some neighbouring samples of a batch."""
    return replaced(batch, [tensor[which] for tensor in tensors_of(batch)])
