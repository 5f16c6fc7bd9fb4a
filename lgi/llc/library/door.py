"""What is checked before the first draw: options, data, and the loss at w*.

A loss that is checked is a finite scalar with a finite gradient, the same when called twice, and a
mean (or a stated sum) over the samples of its batch: else nβ L is not what the posterior needs, and
an estimate would look sound and be wrong.
"""

import inspect
import operator
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from lgi import randomness
from lgi.errors import ModelError, listed, shown
from lgi.llc import samplers
from lgi.llc.library.data import (
    Batch,
    Samples,
    arguments,
    described,
    first_not_finite,
    leaves,
    said,
    undisturbed,
)
from lgi.llc.library.options import STREAM, Options
from lgi.llc.settings import EstimateSettings
from lgi.settings import LARGEST

Reduction = Literal["mean", "sum"]
Loss = Callable[[Batch], Tensor]

# Largest difference, as a share of the loss, that rounding makes between a loss and the same loss
# from other batches: far above a digit lost for each of some hundred sums, far below what weights
# by tokens, sums or batch statistics change. Half precision holds 3 and 2 digits.
_ROUNDING = {torch.float64: 1e-9, torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 5e-2}
# The same for a repeated call. Where arrays lie may change the order of a sum and nothing else.
_REPEATED = 64  # units in the last place
_CALLS = 4  # of the same loss
_MORE_CALLS = 16  # of one that drew random numbers and did not differ: it may do so seldom

_GROUPS = 8  # of batches whose losses are compared
_FIRST, _SECOND = 4, 2  # samples of their two parts: few, so that weights of samples show

_DROPOUT = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)
_BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


@dataclass(frozen=True)
class Door:
    """What was found out about a loss."""

    reduction: Reduction
    """What the loss of a batch is over its samples."""
    lines: tuple[str, ...]
    """What the user is told, each a sentence."""


@dataclass(frozen=True)
class Asked:
    """The options that are numbers, checked."""

    n: int  # of nβ
    batch_size: int | None
    loss_samples: int | Literal["all"] | None
    chunk: int | None
    stream: tuple


def check(
    loss_at: Loss,
    samples: Samples | None,
    *,
    module: nn.Module | None,
    reduction: Reduction | None,
    weight: Callable[[Batch], float] | None,
    batched: bool,
    elsewhere: Loss | None = None,
) -> Door:
    """Check a loss before anything is drawn; the global random generators stay as they are.

    Parameters
    ----------
    loss_at
        Function of a batch to its loss at w*, of parameters that require a gradient.
    samples
        The data; None for a loss without any, whose batch is ().
    module
        The module of the loss, whose layers are named in errors.
    reduction
        What the caller says the loss of a batch is; None if that is to be found out.
    weight
        Function of a batch to what it counts for in the mean over all data.
    batched
        Whether the loss will be evaluated on parts of the data, not on all at once.
    elsewhere
        The same loss at `beside` w*: at w* itself it may be 0, as a mean and as a sum.

    Raises
    ------
    ModelError
        One sentence: what was found, and how to mend it.
    """
    with undisturbed(), torch.inference_mode(False), torch.enable_grad():
        lines = []
        if samples is None:
            if weight is not None or reduction == "sum":
                raise ModelError("reduction and weight speak of data, and this loss has none")
            probe: Batch = ()
        else:
            chosen = _chosen(len(samples))
            probe = samples.take(chosen) if batched else samples.between(0, len(samples))
            if module is not None:
                _takes(module, probe[0])
            lines += _finite_data(loss_at, samples, batched)
        if module is not None:
            lines += _layers(module, batched)
        at_minimum, flat = _scalar(loss_at, probe, module)
        beside_it = None if elsewhere is None else _value(elsewhere, probe)
        if flat and at_minimum == beside_it:
            raise ModelError(
                f"the loss is {at_minimum:.6g} at w* and beside it, without a gradient: it does "
                "not depend on the parameters"
            )
        _repeats(loss_at, probe, at_minimum, beside_it, module)
        if samples is None:
            return Door("mean", tuple(lines))
        usable = beside_it is not None and np.isfinite(beside_it)
        loss = elsewhere if usable else loss_at
        found, more = _reduction(loss, samples, reduction, weight, module, batched)
        return Door(found, (*lines, *more))


def beside(parameters: Tensor) -> Tensor:
    """Return a place beside w* [P]: w* + 0.1 × its root mean square × N(0, 1), 0.1 if w* is 0."""
    normal = randomness.generator(0, "door").standard_normal(parameters.numel(), dtype=np.float32)
    size = parameters.detach().float().square().mean().sqrt().item() or 1.0
    shift = 0.1 * size * torch.from_numpy(normal).reshape(parameters.shape)
    return parameters.detach() + shift.to(parameters)


def checked_options(options: Options, setting: EstimateSettings, samples: Samples | None) -> Asked:
    """Return the options that are numbers.

    Parameters
    ----------
    options
        Those of the caller.
    setting
        The setting they are to go with.
    samples
        The data, None if there are none.

    Raises
    ------
    ModelError
        If an option is unknown or its value not allowed: names the key, the value, what is.
    """
    for name in options:
        if name not in Options.__annotations__:
            allowed = listed(Options.__annotations__)
            raise ModelError(f"there is no option {name}; allowed are {allowed}")
    _one_of(options, "reduction", ("mean", "sum"))
    _one_of(options, "mapping", ("vmap", "loop"))
    for name in ("weight", "callback"):
        value = options.get(name)
        if value is not None and not callable(value):
            raise ModelError(f"{name} is {shown(value)}; allowed is a function")
    length = None if samples is None else len(samples)
    if length is None and options.get("samples") is None:
        raise ModelError("without data the number of samples must be given: samples=1_000")
    n = _count(options, "samples", LARGEST) or length or 0
    try:
        setting.n_beta(n)
    except ValueError as error:
        raise ModelError(str(error)) from error
    return Asked(
        n,
        _batch_size(options, setting, samples),
        _loss_samples(options, length),
        _count(options, "chunk", LARGEST),
        _stream(options.get("stream", STREAM)),
    )


def checked(value: Any, samples: int, module: nn.Module | None = None) -> Tensor:
    """Return the loss of a batch if it is one: a finite scalar that requires a gradient.

    Parameters
    ----------
    value
        What the loss of the caller returned.
    samples
        Samples of the batch, 0 for a loss without data.
    module
        The module, whose parameters that are not finite are named.

    Raises
    ------
    ModelError
        If it is not.
    """
    loss = _number(value, samples)
    if not loss.isfinite():
        where = "" if module is None else _not_finite_parameter(module)
        raise ModelError(f"the loss at w* is {loss.item()}{where}")
    if not loss.requires_grad:
        raise ModelError(
            "the loss does not depend on the parameters as far as PyTorch knows: use them in it, "
            "without .item(), .detach(), .data, .numpy() and torch.no_grad() on the way"
        )
    return loss


def _number(value: Any, samples: int) -> Tensor:
    """Return a loss if it is one number; a ModelError if not."""
    mean = "return their mean, as reduction='mean' in PyTorch's losses"
    if not isinstance(value, Tensor):
        hint = ""
        if isinstance(value, float | int | np.generic | np.ndarray):
            hint = ", which has no gradient: leave out .item(), float() and .numpy()"
        elif isinstance(value, tuple | list | dict):
            hint = ": return the one of its entries that is the loss"
        raise ModelError(f"the loss is a {type(value).__name__}, not a tensor{hint}")
    if value.ndim:
        shape = list(value.shape)
        if value.numel() == 1:
            raise ModelError(f"the loss has the shape {shape}, not []: return loss.squeeze()")
        if shape[0] == samples:
            raise ModelError(f"the loss has a value for each of {samples} samples {shape}: {mean}")
        raise ModelError(f"the loss has the shape {shape}, where one number is needed: {mean}")
    if not value.is_floating_point():
        raise ModelError(f"the loss is of {value.dtype}, which has no gradient; a float is needed")
    return value


def _scalar(loss_at: Loss, batch: Batch, module: nn.Module | None) -> tuple[float, bool]:
    """Return the loss of a batch at w*, and whether its gradient is 0; check what both show."""
    versions = [tensor._version for _, tensor in leaves(batch)]
    size = len(next(leaves(batch))[1]) if batch else 0
    loss = checked(_evaluated(loss_at, batch, module), size, module)
    for (place, tensor), version in zip(leaves(batch), versions, strict=True):
        if tensor._version != version:
            raise ModelError(f"the module or the loss writes into {place}: let it work on a clone")
    gradients = _gradients(loss)
    if not all(gradient.isfinite().all() for gradient in gradients):
        raise ModelError(
            f"the loss at w* is {loss.item():.6g} but its gradient is not finite: a square root, "
            "logarithm or division at 0 is differentiated"
        )
    return loss.item(), not any(gradient.any() for gradient in gradients)


def _evaluated(loss_at: Loss, batch: Batch, module: nn.Module | None = None) -> Any:
    try:
        with warnings.catch_warnings():
            # A target of another shape is broadcast: [n] and [n, 1] give n × n differences.
            warnings.filterwarnings("error", message="Using a target size")
            return loss_at(batch)
    except (ModelError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        given = ""
        if batch:
            rest = described(batch[1:]) if batch[1:] else "nothing"
            given = f"; the module takes {described(batch[0])}, the loss beside its answer {rest}"
            if module is None:
                given = f"; beside the parameters it takes {described(batch)}"
        kinds = sorted({str(p.dtype) for p in module.parameters()}) if module is not None else ()
        of = f", parameters are {listed(kinds)}" if kinds else ""
        raise ModelError(f"the loss cannot be evaluated ({said(error)}){given}{of}") from error


def _value(loss_at: Loss, batch: Batch) -> float:
    value = _evaluated(loss_at, batch)
    return float(value.detach()) if isinstance(value, Tensor) and value.numel() == 1 else np.nan


def _gradients(loss: Tensor) -> Sequence[Tensor]:
    """Return the gradients of a loss by all that it depends on and that asks for one."""
    found, seen, ahead = [], set(), [loss.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):  # where a gradient is accumulated: a parameter
            found.append(node.variable)
        ahead += [following for following, _ in node.next_functions]
    try:
        gradients = torch.autograd.grad(loss, found, allow_unused=True)
    except RuntimeError as error:
        raise ModelError(f"the loss cannot be differentiated ({said(error)})") from error
    return [gradient for gradient in gradients if gradient is not None]


def _takes(module: nn.Module, inputs: Any) -> None:
    """Raise a ModelError if the module's forward does not take the inputs of a batch."""
    positional, named = arguments(inputs)
    try:
        signature = inspect.signature(module.forward)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*positional, **named)
    except TypeError as error:
        takes = f"{type(module).__name__}.forward takes {signature}"
        if named:
            first, *rest = map(repr, named)
            pair = ", ".join(f"data[{name}]" for name in (first, *rest))
            raise ModelError(
                f"{takes} and a dict is its keyword arguments, here {listed(named)}: {error}; "
                f"inputs and targets are a tuple, such as ({pair})"
            ) from error
        raise ModelError(
            f"{takes} and part 0 of the data gives it {len(positional)} of them: {error}; "
            "several inputs are grouped, ((x, z), y)"
        ) from error


def _finite_data(loss_at: Loss, samples: Samples, batched: bool) -> Iterator[str]:
    """Yield what is said of data that are not finite; raise a ModelError if the loss is not."""
    if not samples.held:
        yield (
            "the data are read batch by batch and were not searched for NaN and infinity: the "
            "loss shows them"
        )
        return
    found = first_not_finite(samples)
    if found is None:
        return
    place, sample, value = found
    problem = f"{place} holds {value} at sample {sample}"
    batch = samples.take(torch.tensor([sample] * 2))
    try:
        loss = loss_at(batch if batched else samples.between(0, len(samples)))
        fine = bool(loss.isfinite().all()) and all(g.isfinite().all() for g in _gradients(loss))
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception:
        fine = False
    if not fine:
        raise ModelError(f"{problem}: leave such samples out, or mask them in the loss")
    yield f"{problem}; the loss and its gradient there are finite"


def _layers(module: nn.Module, batched: bool) -> Iterator[str]:
    """Yield what is said of layers that normalise by their batch."""
    named = [
        _layer(name, layer)
        for name, layer in module.named_modules()
        if isinstance(layer, _BATCH_NORM) and (layer.training or layer.running_mean is None)
    ]
    if not named:
        return
    if batched:
        raise ModelError(
            f"{listed(named)} normalises by the batch, so that the loss is no mean over samples: "
            "call module.eval() first, with running statistics, or evaluate all data at once"
        )
    yield f"{listed(named)} normalises by all data at once: the loss is no mean over samples"


def _repeats(
    loss_at: Loss,
    batch: Batch,
    at_minimum: float,
    beside_it: float | None,
    module: nn.Module | None,
) -> None:
    """Raise a ModelError if a loss differs when it is called again."""
    before = _generators()
    values, scale = [at_minimum], abs(at_minimum)
    if beside_it is not None and np.isfinite(beside_it):
        scale = max(scale, abs(beside_it))
    while True:
        loss = _evaluated(loss_at, batch)
        values.append(loss.item())
        drew = _drawn(before)
        # Where arrays lie makes two values of one loss, no more; a GPU adds in any order.
        several = len(set(values)) > (2 if loss.device.type == "cpu" else len(values))
        far = (
            max(values) - min(values) > _REPEATED * torch.finfo(_coarsest(loss, module)).eps * scale
        )
        if np.isnan(values).any() or several or far or (drew and len(set(values)) > 1):
            break
        if len(values) >= _CALLS and not (drew or len(set(values)) > 1):
            return
        if len(values) >= _CALLS + _MORE_CALLS:
            return
    layers = [] if module is None else list(_noisy(module))
    if layers:
        cause = f"{listed(layers)} draws random numbers: call module.eval() first"
    elif drew:
        cause = (
            f"random numbers are drawn inside, by the generator of {listed(drew)}: "
            "leave out dropout, noise and augmentation"
        )
    else:
        cause = (
            "random numbers of a generator of its own, or something else that changes from call "
            "to call, are inside: leave out noise and augmentation"
        )
    raise ModelError(
        f"the loss at w* is {values[0]!r}, then {values[-1]!r} when called again on the same data: "
        f"{cause}"
    )


def _generators() -> dict[str, Any]:
    _, keys, *places = np.random.get_state()  # noqa: NPY002
    states = {
        "PyTorch": torch.get_rng_state().numpy().tobytes(),
        "NumPy": (keys.tobytes(), *places),
        "Python": random.getstate(),
    }
    if torch.cuda.is_initialized():
        states["CUDA"] = [state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()]
    return states


def _drawn(before: dict[str, Any]) -> list[str]:
    """Return the generators that are not where they were."""
    return [name for name, state in _generators().items() if state != before.get(name)]


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


def _groups(n: int) -> list[tuple[Tensor, Tensor]]:
    """Return the samples of two batches each, spread over the data."""
    size = min(_FIRST + _SECOND, n)
    groups = min(_GROUPS, n // size)
    second = max(1, size // 3) if n > 1 else 0
    spread = torch.arange(groups * size) * n // (groups * size)
    parts = (spread[group::groups] for group in range(groups))
    return [(part[: size - second], part[size - second :]) for part in parts]


def _chosen(n: int) -> Tensor:
    return torch.cat([index for pair in _groups(n) for index in pair]).sort().values


def _probes(
    loss: Loss,
    samples: Samples,
    weight: Callable[[Batch], float] | None,
    module: nn.Module | None,
) -> tuple[list[_Probe], torch.dtype]:
    """Return what batches of few samples show of a loss, and the coarsest type in it."""
    probes, dtype = [], torch.float64

    def of(indices: Tensor) -> float:
        nonlocal dtype
        value = _evaluated(loss, samples.take(indices), module)
        dtype = _coarsest(_number(value, len(indices)), module)
        return value.item()

    for first, second in _groups(len(samples)):
        share = _share(weight, samples, first, second)
        alone = of(first)
        other, together = (
            (of(second), of(torch.cat([first, second]))) if len(second) else (0, alone)
        )
        twice = of(torch.cat([first, first]))
        probe = _Probe((len(first), len(second)), alone, other, together, twice, share)
        if np.isfinite([*probe.losses(), share]).all():
            probes.append(probe)
    return probes, dtype


def _share(
    weight: Callable[[Batch], float] | None, samples: Samples, first: Tensor, second: Tensor
) -> float:
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


def weighed(weight: Callable[[Batch], float], batch: Batch) -> float:
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


def _kind(probes: list[_Probe], dtype: torch.dtype) -> str:
    """Return what a loss is over its samples: mean, sum, or what else probes tell."""
    scale = max((abs(loss) for probe in probes for loss in probe.losses()), default=0.0)
    if scale == 0:
        return "unknown"
    off = {
        "mean": max(abs(probe.twice - probe.first) for probe in probes) / scale,
        "sum": max(abs(probe.twice - 2 * probe.first) for probe in probes) / scale,
    }
    like = min(off, key=off.__getitem__)
    least = tolerance = _ROUNDING[dtype]
    if dtype == torch.float32:
        # Layers may compute in fewer digits (autocast, TF32): doubled data show how many.
        least = max(least, 1e-2)
        tolerance = max(tolerance, min(8 * off[like], least))
    if off[like] > least:
        return "neither"
    by = _Probe.off_mean if like == "mean" else _Probe.off_sum
    return like if max(map(by, probes)) / scale <= tolerance else f"{like} of other things"


def _reduction(
    loss: Loss,
    samples: Samples,
    stated: Reduction | None,
    weight: Callable[[Batch], float] | None,
    module: nn.Module | None,
    batched: bool,
) -> tuple[Reduction, list[str]]:
    """Return what a loss is over its samples, and what is said of it."""
    try:
        probes, dtype = _probes(loss, samples, weight, module)
    except ModelError as error:
        if batched:
            raise
        if stated is None:
            raise ModelError(
                f"it cannot be told whether the loss is a mean or a sum over samples, for it takes "
                f"all of them only ({error}); say reduction='mean', or hand over as data all that "
                "belongs to single samples"
            ) from error
        return stated, ["the loss takes all samples only: its reduction is as stated, unchecked"]
    kind = _kind(probes, dtype)
    seen = str(max(probes, key=lambda probe: abs(probe.first))) if probes else "no probe is finite"
    return _decided(kind, seen, stated, weight is not None, batched)


def _decided(
    kind: str, seen: str, stated: Reduction | None, weighted: bool, batched: bool
) -> tuple[Reduction, list[str]]:
    """Return what a loss is taken for, and what is said of it; a ModelError if it is refused."""
    if kind == stated or (kind == "mean" and stated is None):
        return kind, []
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
            "data at once"
        )
    if stated is not None and not kind.startswith(stated):
        raise ModelError(f"reduction is {stated!r}, but the loss is none over samples: {seen}")
    of = "sum" if stated == "sum" else "mean"
    return of, [f"the loss is no {of} over samples ({seen}) and is taken of all data at once"]


def _coarsest(loss: Tensor, module: nn.Module | None) -> torch.dtype:
    """Return the type of fewest digits among a loss and the parameters of its module."""
    kinds = {loss.dtype}
    if module is not None:
        kinds |= {p.dtype for p in module.parameters() if p.dtype in _ROUNDING}
    return max(kinds & _ROUNDING.keys(), key=_ROUNDING.__getitem__, default=torch.float32)


def _noisy(module: nn.Module) -> Iterator[str]:
    """Yield the layers that draw random numbers in the mode they are in."""
    for name, layer in module.named_modules():
        always = isinstance(layer, nn.FractionalMaxPool2d | nn.FractionalMaxPool3d)
        rate = getattr(layer, "p", None)
        if isinstance(layer, nn.RNNBase | nn.MultiheadAttention):
            rate = layer.dropout
        random_layer = (
            isinstance(layer, (*_DROPOUT, nn.RNNBase, nn.MultiheadAttention))
            or "drop" in type(layer).__name__.lower()
        ) and rate != 0
        if always or (layer.training and (random_layer or isinstance(layer, nn.RReLU))):
            yield _layer(name, layer)


def _layer(name: str, layer: nn.Module) -> str:
    return f"{name} ({type(layer).__name__})" if name else type(layer).__name__


def _not_finite_parameter(module: nn.Module) -> str:
    for name, parameter in module.named_parameters():
        if not parameter.isfinite().all():
            return f": the parameter {name} holds a value that is not finite"
    return ""


def _one_of(options: Options, name: str, allowed: tuple[str, ...]) -> None:
    value = options.get(name)
    if value is not None and value not in allowed:
        raise ModelError(f"{name} is {shown(value)}; allowed are {listed(allowed)}")


def _count(options: Options, name: str, most: int, least: int = 1) -> int | None:
    """Return an option that is a whole number, None where it is not given."""
    value = options.get(name)
    if value is None:
        return None
    number = _whole(value)
    if number is None or not least <= number <= most:
        raise ModelError(
            f"{name} is {shown(value)}; allowed are whole numbers from {least} to {most:,}"
        )
    return number


def _whole(value: Any) -> int | None:
    if isinstance(value, bool | np.bool_) or getattr(value, "dtype", None) == torch.bool:
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _batch_size(options: Options, setting: EstimateSettings, samples: Samples | None) -> int | None:
    """Return the samples of a mini-batch: as asked, else as the data say; None for all."""
    if options.get("batch_size") is None:
        if samples is None or samples.batch_size is None or setting.sampler.exact:
            return None
        return min(samples.batch_size, len(samples))
    able = " or ".join(samplers.kinds(exact=False))
    if samples is None:
        raise ModelError(f"mini-batches need data, and {able}")
    if setting.sampler.exact:
        raise ModelError(
            f"batch_size is {shown(options['batch_size'])}, but {setting.sampler.kind} takes the "
            f"loss of all samples: mini-batches need {able}"
        )
    return _count(options, "batch_size", len(samples))


def _loss_samples(options: Options, length: int | None) -> int | Literal["all"] | None:
    value = options.get("loss_samples")
    if value is None or (isinstance(value, str) and value == "all"):
        return value
    if length is None:
        raise ModelError("loss_samples speaks of data, and this loss has none")
    if _whole(value) is None:
        raise ModelError(
            f"loss_samples is {shown(value)}; allowed are 'all' and whole numbers from 2 to "
            f"{length:,}"
        )
    return _count(options, "loss_samples", length, least=2)


def _stream(stream: Any) -> tuple:
    """Return a stream as `lgi.randomness.key` takes it."""
    allowed = "a seed from 0 to 2**64 - 1, then texts and numbers, such as (0, 'llc')"
    if not isinstance(stream, tuple | list) or not stream:
        raise ModelError(f"stream is {shown(stream)}; allowed is a tuple: {allowed}")
    seed, names = _whole(stream[0]), stream[1:]
    if seed is None or not 0 <= seed < 2**64:
        raise ModelError(f"stream is {shown(stream)}, and its seed {shown(stream[0])}: {allowed}")
    for name in names:
        if isinstance(name, bool | np.bool_) or not isinstance(
            name, str | int | float | np.integer | np.floating
        ):
            raise ModelError(f"stream is {shown(stream)}, with {shown(name)} in it: {allowed}")
    return (seed, *names)
