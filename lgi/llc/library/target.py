"""The loss of a model as a function of the vectors of all chains, and its gradient.

There are two mappings with the same draws: `Mapped` evaluates all chains in one call by
`torch.func.vmap`, `Looped` one chain, and there is one for each.
"""

import copy
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
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

CHUNK_BYTES = 2**24
"""A chunk is so many samples that what its gradient holds takes no more than this."""

TRIED = 64
"""Samples on which is measured what a gradient holds."""


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
        """Return the same on a module of its own, with the same tensors; None if it has no copy."""
        kept = [*self.module.parameters(), *self.module.buffers()]
        for module in self.module.modules():  # of old-style weight_norm, which have no copy
            kept += [value for value in vars(module).values() if isinstance(value, Tensor)]
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
        If it is, or holds, a module of TorchScript.
    """
    wrappers = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)
    while hasattr(module, "_orig_mod") or isinstance(module, wrappers):
        module = module._orig_mod if hasattr(module, "_orig_mod") else module.module
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
        self.of_blocks: Tensor | None = None  # [chains, blocks] L of the last draw that was kept

    def value(self, parameters: Tensor) -> Tensor:
        """Return L [chains] by the samples it is measured on, in float64."""
        finite = self._finite(parameters)
        with torch.no_grad():
            self.of_blocks = self._blocks(self._parts(parameters, finite))
        self.of_blocks[~finite] = math.nan
        return self.of_blocks.mean(dim=1)

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

    def _blocks(self, parts: list[Tensor]) -> Tensor:
        own = [part[0] for part in parts]
        losses = torch.zeros(1, self.batches.blocks, dtype=torch.float64, device=own[0].device)
        for block, piece in self.batches.pieces_of_blocks():
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
        for piece in pieces:
            value = self._evaluated(own, piece.batch)
            gradients = torch.autograd.grad(value, own, materialize_grads=True)
            part = self._gathered([each[None] for each in gradients])
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
        except (RuntimeError, ValueError, ArithmeticError) as error:
            if self.left is None:
                if isinstance(error, torch.OutOfMemoryError) or "memory" in str(error):
                    raise
                with torch.no_grad():  # an error of the model's own is raised here as well
                    self.model([value[0] for value in self._at_centre()], batch)
                self.left = f"{type(error).__name__}: {_first_sentence(error)}"
            return sum(part.sum() for part in own) * math.nan

    def _at_centre(self) -> list[Tensor]:
        return self.parameters.parts(self.centre[None])


class Mapped(_Target):
    """All chains in one call."""

    def _blocks(self, parts: list[Tensor]) -> Tensor:
        shape = len(parts[0]), self.batches.blocks
        losses = torch.zeros(*shape, dtype=torch.float64, device=parts[0].device)
        for blocks, pieces in self._runs_of_pieces():
            shares = losses.new_tensor([piece.share for piece in pieces])
            values = self._of_pieces(parts, [piece.batch for piece in pieces]).double()
            losses.index_add_(1, losses.new_tensor(blocks, dtype=torch.int64), values * shares)
        return losses

    def _runs_of_pieces(self) -> Any:
        """Yield pieces of one length that together are no more than a chunk, with their blocks."""
        blocks: list[int] = []
        pieces: list[Piece] = []
        length, count = 0, 0
        for block, piece in self.batches.pieces_of_blocks():
            size = len(found[0]) if (found := tensors_of(piece.batch)) else 1
            if pieces and (size != length or count + size > self.batches.chunk):
                yield blocks, pieces
                blocks, pieces, count = [], [], 0
            blocks, pieces = [*blocks, block], [*pieces, piece]
            length, count = size, count + size
        yield blocks, pieces

    def _of_pieces(self, parts: list[Tensor], batches: list[Batch]) -> Tensor:
        """Return the losses [chains, pieces]."""
        if len(batches) == 1:
            return self._shared(parts, batches[0])[:, None]
        stacked = [torch.stack(one) for one in zip(*map(tensors_of, batches), strict=True)]
        inner = vmap(self._of_tensors(batches[0]), in_dims=(None, 0))
        return vmap(inner, in_dims=(0, None))(parts, stacked)

    def _gradient(self, parts: list[Tensor], draw: int) -> tuple[Tensor, Tensor]:
        own = [part.requires_grad_() for part in parts]
        if self.batched:
            batch, shares = self.batches.mini_batches(self.keys, draw)
            chains, size = len(own[0]), self.batches.batch_size
            split = [t.reshape(chains, size, *t.shape[1:]) for t in tensors_of(batch)]
            one = rows(batch, slice(0, size))
            values = vmap(self._of_tensors(one), in_dims=(0, 0))(own, split)
            return self._differentiated(values, own, torch.tensor(shares, dtype=torch.float64))
        losses, gradient = None, None
        for piece in self.batches.every():
            share = torch.full((len(own[0]),), piece.share, dtype=torch.float64)
            values, part = self._differentiated(self._shared(own, piece.batch), own, share)
            losses = values if losses is None else losses.add_(values)
            gradient = part if gradient is None else gradient.add_(part)
        return losses, gradient

    def _differentiated(
        self, values: Tensor, own: list[Tensor], shares: Tensor
    ) -> tuple[Tensor, Tensor]:
        # A chain's loss depends on its own parameters only, so the sum's gradient is each one's.
        gradients = torch.autograd.grad(values.sum(), own, materialize_grads=True)
        gradient, shares = self._gathered(gradients), shares.to(values.device)
        if not (shares == 1).all():
            gradient = gradient * shares[:, None].to(gradient)
        return values.detach().double() * shares, gradient

    def _shared(self, parts: list[Tensor], batch: Batch) -> Tensor:
        """Return the losses [chains] on one batch for all."""
        return vmap(lambda *own: self.model(own, batch).reshape(()))(*parts)

    def _of_tensors(self, batch: Batch) -> Callable[[list[Tensor], list[Tensor]], Tensor]:
        """Return the function of parameters and of a batch's tensors to its loss."""
        return lambda own, tensors: self.model(own, replaced(batch, tensors)).reshape(())


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
            found = (*mapped.gradient(start, 0), mapped.value(start))
        except Exception as error:  # whatever the model does with a tensor that is many
            return _first_sentence(error)
    if any("batching rule" in str(warning.message) for warning in warned):
        return "torch maps an operation of it only by a loop of its own"
    each = [Looped(model, parameters, batches, keys[:, c : c + 1]) for c in range(2)]
    parts = [(*one.gradient(start[:1], 0), one.value(start[:1])) for one in each]
    dtype = min((v.dtype for v in parameters.values), key=lambda kind: -torch.finfo(kind).eps)
    tolerance = torch.finfo(dtype).eps ** 0.5
    for name, one, several in zip(("L", "∇L", "L"), found, zip(*parts, strict=True), strict=True):
        if not torch.allclose(one, torch.cat(several), tolerance, tolerance, equal_nan=True):
            return f"mapped, it has another {name}"
    return None


def _first_sentence(error: Exception) -> str:
    """Return the first sentence of what torch says, which goes on for long."""
    lines = str(error).strip().splitlines()
    return lines[0].split(". ")[0].rstrip(".") if lines else type(error).__name__
