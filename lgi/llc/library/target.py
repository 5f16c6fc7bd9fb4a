"""The loss of a model as a function of the vectors of all chains, and its gradient.

There are two mappings with the same draws: `Mapped` evaluates all chains in one call by
`torch.func.vmap`, `Looped` one chain, and there is one for each.
"""

import copy
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from lgi.errors import ModelError
from lgi.llc.library.batches import Batches, Piece, replaced, rows, tensors_of
from lgi.llc.library.data import Batch, answer
from lgi.llc.library.parameters import Parameters

MAPPED_BYTES = 2**20
"""`Mapped` is for models of which an evaluation holds no more than this: calls dominate there."""

CHUNK_BYTES = 2**22
"""A chunk is so many samples that what its gradient holds takes no more than this."""

TRIED = 64
"""Samples on which is measured what a gradient holds."""


FAILURES = (RuntimeError, ValueError, ArithmeticError)
"""What a loss may raise where a chain has left."""


class FunctionLoss:
    """A loss of parameters of one shape, and a batch."""

    def __init__(self, loss: Callable[..., Tensor]):
        self.loss = loss

    def __call__(self, parts: Sequence[Tensor], batch: Batch) -> Tensor:
        """Return the loss of a batch."""
        return self.loss(parts[0], *batch)

    def copied(self) -> None:
        """Return None: what else a function holds is not known, so one thread calls it."""

    def __str__(self) -> str:
        return getattr(self.loss, "__name__", type(self.loss).__name__)


class ModuleLoss:
    """The loss of a module's answer, at other parameters than its own.

    Its buffers are copied for each call: whatever it writes into them, it starts from the same.
    """

    def __init__(self, module: torch.nn.Module, loss: Callable[..., Tensor], names: Sequence[str]):
        self.module, self.loss, self.names = module, loss, names
        self.buffers = dict(module.named_buffers())

    def __call__(self, parts: Sequence[Tensor], batch: Batch) -> Tensor:
        """Return the loss of a batch."""
        tensors = dict(zip(self.names, parts, strict=True))
        tensors |= {name: buffer.clone() for name, buffer in self.buffers.items()}

        def called(*arguments: Any, **named: Any) -> Any:
            return functional_call(self.module, tensors, arguments, named)

        inputs, *rest = batch
        return self.loss(answer(called, inputs), *rest)

    def copied(self) -> "ModuleLoss | None":
        """Return the same on a module of its own; None if it has no copy.

        Parameters and buffers are the same tensors; what else it holds is its own, since it may be
        written into.
        """
        kept = [*self.module.parameters(), *self.module.buffers()]
        for module in self.module.modules():  # of old-style weight_norm, which have no copy
            own = (value for value in vars(module).values() if isinstance(value, Tensor))
            kept += [value for value in own if not value.is_leaf]
        try:
            module = copy.deepcopy(self.module, {id(tensor): tensor for tensor in kept})
        except Exception:  # whatever a module's own parts raise
            return None
        return ModuleLoss(module, self.loss, self.names)

    def __str__(self) -> str:
        return type(self.module).__name__


Model = FunctionLoss | ModuleLoss


def plain(module: torch.nn.Module) -> torch.nn.Module:
    """Return the module that `torch.compile` or a data-parallel wrapper was made of.

    Raises
    ------
    ModelError
        If it is no module, or is, or holds, one of TorchScript.
    """
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"module is a {type(module).__name__}, not a torch.nn.Module: a function of parameters "
            "goes to sample_function or estimate_function"
        )
    wrappers = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)
    while hasattr(module, "_orig_mod") or isinstance(module, wrappers):
        inner: Any = module._orig_mod if hasattr(module, "_orig_mod") else module.module
        module = inner
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise ModelError(
            "the module is, or holds, a torch.jit.ScriptModule, which cannot be called at other "
            "parameters than its own: give the module that was scripted"
        )
    return module


class _Target(ABC):
    """L of some chains, and its gradient; see `lgi.llc.samplers.Target`."""

    def __init__(self, model: Model, parameters: Parameters, batches: Batches, keys: Tensor):
        self.model, self.parameters, self.batches, self.keys = model, parameters, batches, keys
        self.batched = batches.batch_size is not None
        self.centre = parameters.flat()

    def value(self, parameters: Tensor) -> Tensor:
        """Return L [chains] by the samples it is measured on, in float64."""
        finite = self._finite(parameters)
        with torch.no_grad():
            losses = self._value(self._parts(parameters, finite))
        losses[~finite] = math.nan
        return losses

    def of_blocks(self, parameters: Tensor) -> Tensor:
        """Return L [chains, blocks] by each block of them, in float64."""
        finite = self._finite(parameters)
        with torch.no_grad():
            losses = self._blocks(self._parts(parameters, finite))
        losses[~finite] = math.nan
        return losses

    def gradient(self, parameters: Tensor, draw: int) -> tuple[Tensor, Tensor]:
        """Return L [chains] in float64 and ∇L [chains, P], of all samples or a mini-batch."""
        finite = self._finite(parameters)
        losses, gradient = self._gradient(self._parts(parameters, finite), draw)
        if not finite.all():
            losses[~finite], gradient[~finite] = math.nan, math.nan
        return losses, gradient

    def _finite(self, parameters: Tensor) -> Tensor:
        return parameters.isfinite().all(dim=1)

    def _parts(self, parameters: Tensor, finite: Tensor) -> list[Tensor]:
        """Return the parts at which is evaluated: w* for a chain that has left to infinity."""
        if not finite.all():
            parameters = torch.where(finite[:, None], parameters, self.centre)
        return self.parameters.parts(parameters)

    def _gathered(self, gradients: Sequence[Tensor]) -> Tensor:
        return self.parameters.gathered(gradients, self.centre.dtype)

    @abstractmethod
    def _value(self, parts: list[Tensor]) -> Tensor:
        """Return L [chains]."""

    @abstractmethod
    def _blocks(self, parts: list[Tensor]) -> Tensor:
        """Return L of every block [chains, blocks]."""

    @abstractmethod
    def _gradient(self, parts: list[Tensor], draw: int) -> tuple[Tensor, Tensor]:
        """Return L [chains] and ∇L [chains, P]."""


class Looped(_Target):
    """One chain."""

    def __init__(self, model: Model, parameters: Parameters, batches: Batches, keys: Tensor):
        super().__init__(model, parameters, batches, keys)
        self.left: str | None = None  # what was raised where the chain had left

    def over_all(self, parameters: Tensor, start: int, step: int) -> Tensor:
        """Return the part of ∇L [1, P] that is of every so many-th chunk of all samples."""
        parts = self.parameters.parts(parameters)
        return self._summed(parts, self.batches.every(start, step))[1]

    def of_subsample(
        self, parameters: Tensor, count: int, start: int, step: int
    ) -> tuple[Tensor, float]:
        """Return Σ ∇L [1, P] and Σ |∇L|² over every so many-th block of a subsample."""
        parts = self.parameters.parts(parameters)
        pieces = self.batches.subsample("gradient samples", count, start, step)
        total, squares = torch.zeros_like(parameters), 0.0
        for _, block in groupby(pieces, key=lambda pair: pair[0]):
            gradient = self._summed(parts, (piece for _, piece in block))[1]
            total += gradient
            squares += float(gradient.double().square().sum())
        return total, squares

    def _value(self, parts: list[Tensor]) -> Tensor:
        own = [part[0] for part in parts]
        loss = torch.zeros(1, dtype=torch.float64, device=own[0].device)
        for piece in _counted(self.batches.measuring()):
            loss += piece.share * self._evaluated(own, piece.batch).double()
        return loss

    def _blocks(self, parts: list[Tensor]) -> Tensor:
        own = [part[0] for part in parts]
        losses = torch.zeros(1, self.batches.blocks, dtype=torch.float64, device=own[0].device)
        for block, piece in self.batches.of_blocks():
            if piece.share == 0:
                continue
            losses[0, block] += piece.share * self._evaluated(own, piece.batch).double()
        return losses

    def _gradient(self, parts: list[Tensor], draw: int) -> tuple[Tensor, Tensor]:
        if not self.batched:
            return self._summed(parts, self.batches.every())
        batch, shares = self.batches.mini_batches(self.keys, draw)
        return self._summed(parts, [Piece(batch, shares[0])])

    def _summed(self, parts: list[Tensor], pieces: Any) -> tuple[Tensor, Tensor]:
        own = [part[0].requires_grad_() for part in parts]
        loss = torch.zeros(1, dtype=torch.float64, device=own[0].device)
        gradient = None
        for piece in _counted(pieces):
            value = self._evaluated(own, piece.batch)
            gradients = torch.autograd.grad(value, own, materialize_grads=True)
            # That of an embedding may be sparse.
            dense = (g.to_dense() if g.is_sparse else g for g in gradients)
            part = self._gathered([each[None] for each in dense])
            part = part if piece.share == 1 else piece.share * part
            gradient = part if gradient is None else gradient.add_(part)
            loss += piece.share * value.detach().double()
        if gradient is None:
            gradient = torch.zeros_like(self.centre)[None]
        return loss, gradient

    def _evaluated(self, own: list[Tensor], batch: Batch) -> Tensor:
        """Return the loss of a batch; NaN where only a chain that has left makes it fail."""
        try:
            return self.model(own, batch).reshape(())
        except FAILURES as error:
            if self.left is None:
                if isinstance(error, torch.OutOfMemoryError) or "memory" in str(error):
                    raise
                with torch.no_grad():  # an error of the model's own is raised here as well
                    self.model([value[0] for value in self._at_centre()], batch)
                self.left = f"{type(error).__name__}: {_first_sentence(error)}"
            return sum((part.sum() for part in own[1:]), own[0].sum()) * math.nan

    def _at_centre(self) -> list[Tensor]:
        return self.parameters.parts(self.centre[None])


class Mapped(_Target):
    """All chains in one call; one by one where a chain that has left makes that fail."""

    tried = True  # whether torch is known to map the model

    def _value(self, parts: list[Tensor]) -> Tensor:
        try:
            return self._value_of_all(parts)
        except FAILURES as error:
            return torch.cat([one._value(own) for one, own in self._each(parts, error)])

    def _blocks(self, parts: list[Tensor]) -> Tensor:
        try:
            return self._blocks_of_all(parts)
        except FAILURES as error:
            return torch.cat([one._blocks(own) for one, own in self._each(parts, error)])

    def _gradient(self, parts: list[Tensor], draw: int) -> tuple[Tensor, Tensor]:
        try:
            return self._gradient_of_all(parts, draw)
        except FAILURES as error:
            found = [one._gradient(own, draw) for one, own in self._each(parts, error)]
            losses, gradients = zip(*found, strict=True)
            return torch.cat(losses), torch.cat(gradients)

    def _each(self, parts: list[Tensor], error: Exception) -> Iterator[tuple[Looped, list[Tensor]]]:
        """Yield each chain by itself, and its parts; raise an error that is no chain's own."""
        if not self.tried or isinstance(error, torch.OutOfMemoryError) or "memory" in str(error):
            raise error
        for chain in range(len(parts[0])):
            key = self.keys[:, chain : chain + 1]
            own = [part.detach()[chain : chain + 1] for part in parts]
            yield Looped(self.model, self.parameters, self.batches, key), own

    def _value_of_all(self, parts: list[Tensor]) -> Tensor:
        losses = torch.zeros(len(parts[0]), dtype=torch.float64, device=parts[0].device)
        for piece in _counted(self.batches.measuring()):
            losses += piece.share * self._shared(parts, piece.batch).double()
        return losses

    def _blocks_of_all(self, parts: list[Tensor]) -> Tensor:
        if self.batches.blocks > 1 and self.batches.measured <= self.batches.chunk:
            return self._blocks_at_once(parts)
        shape = len(parts[0]), self.batches.blocks
        losses = torch.zeros(*shape, dtype=torch.float64, device=parts[0].device)
        for block, piece in self.batches.of_blocks():
            if piece.share == 0:
                continue
            losses[:, block] += piece.share * self._shared(parts, piece.batch).double()
        return losses

    def _blocks_at_once(self, parts: list[Tensor]) -> Tensor:
        """Return the same where each block is one piece, in one call."""
        pieces = [piece for _, piece in self.batches.of_blocks()]
        tensors = zip(*(tensors_of(piece.batch) for piece in pieces), strict=True)
        of_blocks = vmap(self._of_tensors(pieces[0].batch), in_dims=(None, 0))
        stacked = [torch.stack(one) for one in tensors]
        losses = vmap(of_blocks, in_dims=(0, None))(parts, stacked).double()
        return _times(losses, losses.new_tensor([piece.share for piece in pieces]))

    def _gradient_of_all(self, parts: list[Tensor], draw: int) -> tuple[Tensor, Tensor]:
        own = [part.requires_grad_() for part in parts]
        if self.batched:
            batch, shares = self.batches.mini_batches(self.keys, draw)
            chains, size = len(own[0]), self.batches.batch_size or self.batches.size
            split = [t.reshape(chains, size, *t.shape[1:]) for t in tensors_of(batch)]
            one = rows(batch, slice(0, size))
            values = vmap(self._of_tensors(one), in_dims=(0, 0))(own, split)
            return self._differentiated(values, own, torch.tensor(shares, dtype=torch.float64))
        found: list[tuple[Tensor, Tensor]] = []
        for piece in _counted(self.batches.every()):
            share = torch.full((len(own[0]),), piece.share, dtype=torch.float64)
            part = self._differentiated(self._shared(own, piece.batch), own, share)
            found = [(found[0][0].add_(part[0]), found[0][1].add_(part[1]))] if found else [part]
        return found[0]

    def _differentiated(
        self, values: Tensor, own: list[Tensor], shares: Tensor
    ) -> tuple[Tensor, Tensor]:
        # A chain's loss depends on its own parameters only, so the sum's gradient is each one's.
        gradients = torch.autograd.grad(values.sum(), own, materialize_grads=True)
        gradient, shares = self._gathered(gradients), shares.to(values.device)
        if not (shares == 1).all():
            gradient = _times(gradient, shares[:, None].to(gradient))
        return _times(values.detach().double(), shares), gradient

    def _shared(self, parts: list[Tensor], batch: Batch) -> Tensor:
        """Return the losses [chains] on one batch for all."""
        return vmap(lambda *own: self.model(own, batch).reshape(()))(*parts)

    def _of_tensors(self, batch: Batch) -> Callable[[list[Tensor], list[Tensor]], Tensor]:
        """Return the function of parameters and of a batch's tensors to its loss."""
        return lambda own, tensors: self.model(own, replaced(batch, tensors)).reshape(())


def _counted(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces that count: a mean over no tokens is not a number."""
    return (piece for piece in pieces if piece.share != 0)


def _times(values: Tensor, shares: Tensor) -> Tensor:
    """Return values times shares, 0 where a share is 0 whatever the value."""
    return torch.where(shares == 0, 0.0, values * shares)


def held_bytes(model: Model, parameters: Parameters, batch: Batch) -> int:
    """Return how much a gradient on a batch holds beside the parameters, by sizes alone."""
    own = [part[0].requires_grad_() for part in parameters.parts(parameters.flat()[None])]
    known = {part.data_ptr() for part in own}
    found: dict[int, int] = {}

    def noted(tensor: Tensor) -> Tensor:
        size = tensor.numel() * tensor.element_size()
        place = id(tensor) if tensor.is_sparse or tensor.is_mkldnn else tensor.data_ptr()
        if place not in known:
            found[place] = max(found.get(place, 0), size)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(noted, lambda tensor: tensor):
        kept = model(own, batch)
    del kept
    inputs = sum(tensor.numel() * tensor.element_size() for tensor in tensors_of(batch))
    return max(sum(found.values()), inputs)


def why_not_mapped(
    model: Model, parameters: Parameters, batches: Batches, keys: Tensor
) -> str | None:
    """Return why torch cannot map a model over its parameters; None if it can.

    It is tried on a gradient and on an L of two chains at w*, which must be those of `Looped`.
    """
    keys = keys[:, :2]
    batches = batches if batches.batch_size is not None else batches.first(TRIED)
    start = parameters.flat().expand(2, -1).clone()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            mapped = Mapped(model, parameters, batches, keys)
            mapped.tried = False
            found = (*mapped.gradient(start, 0), mapped.value(start), mapped.of_blocks(start))
        except Exception as error:  # whatever the model does with a tensor that is many
            return _first_sentence(error)
    if any("batching rule" in str(warning.message) for warning in warned):
        return "torch maps an operation of it only by a loop of its own"
    each = [Looped(model, parameters, batches, keys[:, c : c + 1]) for c in range(2)]
    first = start[:1]
    parts = [(*one.gradient(first, 0), one.value(first), one.of_blocks(first)) for one in each]
    dtype = min((v.dtype for v in parameters.values), key=lambda kind: -torch.finfo(kind).eps)
    tolerance = torch.finfo(dtype).eps ** 0.5
    for name, one, several in zip(
        ("L", "∇L", "L", "L"), found, zip(*parts, strict=True), strict=True
    ):
        if not torch.allclose(one, torch.cat(several), tolerance, tolerance, equal_nan=True):
            return f"mapped, it has another {name}"
    return None


def _first_sentence(error: Exception) -> str:
    """Return the first sentence of what torch says, which goes on for long."""
    lines = str(error).strip().splitlines()
    return lines[0].split(". ")[0].rstrip(".") if lines else type(error).__name__
