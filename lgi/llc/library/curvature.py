"""The curvature of a module's loss at w*: its extreme eigenvalues, without the Hessian."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lgi import randomness
from lgi.errors import ModelError, shown
from lgi.llc.library.data import Batch, Samples, samples_of
from lgi.llc.library.door import check, whole
from lgi.llc.library.parameters import Choice, Parameters, chosen
from lgi.llc.library.target import ModuleLoss, plain

STEPS = 40
CHUNK = 1024
EXHAUSTED = 1e-10  # of the largest: what is left of a direction that is one of the former


@dataclass(frozen=True)
class Curvatures:
    """Extreme eigenvalues of a Hessian as found from inside: none is further out than the true."""

    least: float
    largest: float
    least_residual: float  # |H v - h v| of each: an eigenvalue is no further away
    largest_residual: float


def curvatures(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    *,
    parameters: Choice | None = None,
    steps: int = STEPS,
    chunk: int = CHUNK,
    stream: tuple[Any, ...] = (0, "curvature"),
) -> Curvatures:
    """Return the least and the largest eigenvalue of the Hessian of L at w*.

    By Lanczos' iteration, fully orthogonalised, of Hessian-vector products on all data; with as
    many steps as parameters it is exact. A negative least eigenvalue says that w* is no minimum.
    For the bound ``curvature`` of the status, ``draws.columns({"curvature": found.least})``; for
    a step of SGLD, `lgi.llc.library.defaults.langevin_setting`.

    Parameters
    ----------
    module, loss, data
        As for `sample_module`; the loss is a mean over samples that count alike.
    parameters
        As of the option ``parameters``.
    steps
        Products at most, each as dear as two gradients of all data.
    chunk
        Samples that are evaluated at once.
    stream
        Of the direction to begin with.

    Raises
    ------
    ModelError
        If `steps` is no positive whole number, or a part of the model cannot be differentiated
        twice.
    """
    for name, value in (("steps", steps), ("chunk", chunk)):
        if (whole(value) or 0) < 1:
            raise ModelError(f"{name}: {shown(value)} is no positive whole number")
    with torch.inference_mode(False), torch.enable_grad():
        return _curvatures(plain(module), loss, data, parameters, steps, chunk, stream)


def _curvatures(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    parameters: Choice | None,
    steps: int,
    chunk: int,
    stream: tuple[Any, ...],
) -> Curvatures:
    sampled, samples = chosen(module, parameters), samples_of(data)
    model, flat = ModuleLoss(module, loss, sampled.names), sampled.flat().requires_grad_()
    check(
        lambda batch: model([part[0] for part in sampled.parts(flat[None])], batch),
        samples,
        module=module,
        reduction=None,
        weight=None,
        batched=chunk < len(samples),
    )
    start = randomness.generator(*stream).standard_normal(sampled.flat().numel())
    vectors = [torch.from_numpy(start / np.linalg.norm(start)).to(sampled.flat())]
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(min(steps, len(start))):
        image = _product(model, samples, sampled, vectors[-1], chunk)
        diagonal.append(float(image @ vectors[-1]))
        for _ in range(2):  # once leaves what rounding brings back
            for vector in vectors:
                image -= (image @ vector) * vector
        beside.append(float(image.norm()))
        if beside[-1] <= EXHAUSTED * max(1e-300, *map(abs, diagonal), *beside):
            break
        vectors.append(image / beside[-1])
    inner = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
    values, directions = np.linalg.eigh(inner)
    residuals = beside[-1] * np.abs(directions[-1])
    return Curvatures(values[0], values[-1], residuals[0], residuals[-1])


def _product(
    model: ModuleLoss, samples: Samples, sampled: Parameters, vector: Tensor, chunk: int
) -> Tensor:
    """Return H v [P], by differentiating ∇L · v."""
    total = torch.zeros_like(vector)
    for share, batch in _chunks(samples, chunk):
        flat = sampled.flat().requires_grad_()
        value = model([part[0] for part in sampled.parts(flat[None])], batch)
        try:
            (gradient,) = torch.autograd.grad(value, flat, create_graph=True)
            if gradient.requires_grad:  # a loss that is linear has a gradient that is constant
                total += share * torch.autograd.grad(gradient @ vector, flat)[0]
        except RuntimeError as error:
            raise ModelError(f"the loss cannot be differentiated twice: {error}") from None
    return total


def _chunks(samples: Samples, chunk: int) -> Iterator[tuple[float, Batch]]:
    for start in range(0, len(samples), chunk):
        stop = min(start + chunk, len(samples))
        yield (stop - start) / len(samples), samples.between(start, stop)
