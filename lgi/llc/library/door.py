"""What is checked before the first draw: options, data, and the loss at w*.

A loss that is checked is a finite scalar with a finite gradient, the same when called twice, and a
mean (or a stated sum) over the samples of its batch: else nβ L is not what the posterior needs, and
an estimate would look sound and be wrong.
"""

import inspect
import operator
import pickle
import random
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
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
    TensorSamples,
    arguments,
    described,
    first_not_finite,
    leaves,
    said,
    undisturbed,
)
from lgi.llc.library.options import STREAM, FunctionOptions, Options
from lgi.llc.library.reduction import Reduction, Weight, chosen, coarsest, found
from lgi.llc.settings import EstimateSettings
from lgi.settings import LARGEST

Loss = Callable[[Batch], Tensor]

# Largest difference between two calls: where arrays lie may change the order of a sum, no more.
_REPEATED = 64  # units in the last place
_CALLS = 4  # of the same loss
_MORE_CALLS = 16  # of one that drew random numbers and did not differ: it may do so seldom

MOST = 2**31
"""Samples of which a mini-batch is drawn; see `lgi.llc.noise.indices`."""

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
    stream: tuple[Any, ...]


def check(
    loss_at: Loss,
    samples: Samples | None,
    *,
    module: nn.Module | None,
    reduction: Reduction | None,
    weight: Weight | None,
    batched: bool,
    elsewhere: Loss | None = None,
    sampled: Collection[str] = (),
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
    sampled
        Names of the module's parameters that are sampled.

    Raises
    ------
    ModelError
        One sentence: what was found, and how to mend it.
    """
    with (
        undisturbed(),
        _kept(module),
        torch.inference_mode(False),
        torch.enable_grad(),
        warnings.catch_warnings(),
    ):
        # A target of another shape is broadcast: [n] and [n, 1] give n × n differences.
        warnings.filterwarnings("error", message="Using a target size")
        by_batch = [] if module is None else list(_layers(module, batched))
        if samples is None:
            if weight is not None or reduction == "sum":
                raise ModelError("reduction and weight speak of data, and this loss has none")
            _, flat = _loss(loss_at, elsewhere, (), module)
            return Door("mean", (*flat, *by_batch))
        # A copy, so that a module that writes into its inputs spoils nothing.
        probe = samples.take(chosen(len(samples)) if batched else torch.arange(len(samples)))
        if module is not None:
            _takes(module, probe[0])
            _no_other(loss_at, probe, module, sampled)
        lines = list(_finite_data(loss_at, samples, probe, batched))
        probed, flat = _loss(loss_at, elsewhere, probe, module)

        def loss(batch: Batch) -> Tensor:
            return _number(_evaluated(probed, batch, module), _length(batch))

        kind, more = found(loss, samples, reduction, weight, module, batched)
        return Door(kind, (*lines, *flat, *(by_batch or more)))


def beside(parameters: Tensor) -> Tensor:
    """Return a place beside w* [P]: w* + 0.1 × its root mean square × N(0, 1), 0.1 if w* is 0."""
    normal = randomness.generator(0, "door").standard_normal(parameters.numel(), dtype=np.float32)
    size = parameters.detach().float().square().mean().sqrt().item() or 1.0
    shift = 0.1 * size * torch.from_numpy(normal).reshape(parameters.shape)
    return parameters.detach() + shift.to(parameters)


def need_setting(setting: Any) -> None:
    """Raise `ModelError` if a setting is none."""
    if not isinstance(setting, EstimateSettings):
        raise ModelError(f"setting is {shown(setting)}; allowed are lgi.EstimateSettings")


def checked_options(
    options: FunctionOptions, setting: EstimateSettings, samples: Samples | None
) -> Asked:
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
    need_setting(setting)
    if problem := setting.misfit():
        raise ModelError(f"setting.{problem}")
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
    if length is not None and length > MOST:
        raise ModelError(f"data hold {length:,} samples; allowed are {MOST:,} at most")
    batch_size = _batch_size(options, setting, samples)
    return Asked(
        n,
        batch_size,
        _loss_samples(options, length, batch_size),
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
        where = _not_finite_parameter(module)
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


def _loss(
    loss_at: Loss, elsewhere: Loss | None, batch: Batch, module: nn.Module | None
) -> tuple[Loss, tuple[str, ...]]:
    """Check the loss of a batch.

    Returns
    -------
    Loss
        Where it is probed further: beside w*, if it can be.
    tuple of str
        What is to be said of it.
    """
    at_minimum, flat = _scalar(loss_at, batch, module)
    beside_it = np.nan if elsewhere is None else _value(elsewhere, batch)
    # Units that are never active make it so, and then 0 is their coefficient.
    lines = (
        (f"the loss is {at_minimum:.6g} at w* and beside it: it does not feel what is sampled",)
        if flat and at_minimum == beside_it
        else ()
    )
    usable = elsewhere is not None and np.isfinite(beside_it)
    scale = max(abs(at_minimum), abs(beside_it)) if usable else abs(at_minimum)
    _repeats(loss_at, batch, at_minimum, scale, module)
    return elsewhere if elsewhere is not None and usable else loss_at, lines


def _scalar(loss_at: Loss, batch: Batch, module: nn.Module | None) -> tuple[float, bool]:
    """Return the loss of a batch at w*, and whether its gradient is 0; check what both show."""
    versions = [tensor._version for _, tensor in leaves(batch)]
    loss = checked(_evaluated(loss_at, batch, module), _length(batch), module)
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


def _length(batch: Batch) -> int:
    return len(next(leaves(batch))[1]) if batch else 0


def _evaluated(loss_at: Loss, batch: Batch, module: nn.Module | None = None) -> Any:
    try:
        return loss_at(batch)
    except (ModelError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        raise ModelError(
            f"the loss cannot be evaluated ({said(error)}){_given(batch, module)}"
        ) from error


def _given(batch: Batch, module: nn.Module | None) -> str:
    """Say what a loss was given, and how what is often wrong with it is mended."""
    if module is None:
        return f"; beside the parameters it takes {described(batch)}" if batch else ""
    if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
        return f"; hand over the module inside the {type(module).__name__}, its .module"
    if isinstance(module, torch.jit.ScriptModule):
        return "; hand over the module before it is scripted, or use torch.compile"
    rest = ", ".join(map(described, batch[1:])) or "nothing"
    given = f"; the module takes {described(batch[0])}, the loss beside its answer {rest}"
    inputs = {tensor.dtype for _, tensor in leaves(batch[:1]) if tensor.is_floating_point()}
    kinds = {parameter.dtype for parameter in module.parameters()}
    if len(inputs) == len(kinds) == 1 and inputs != kinds:
        (kind,) = kinds
        given += f", and its parameters are {str(kind).removeprefix('torch.')}: data.to({kind})"
    return given


def _value(loss_at: Loss, batch: Batch) -> float:
    """Return the loss of a batch where it need not have one: NaN then."""
    try:
        value = _evaluated(loss_at, batch)
    except ModelError:
        return np.nan
    return float(value.detach()) if isinstance(value, Tensor) and value.numel() == 1 else np.nan


def _no_other(loss_at: Loss, batch: Batch, module: nn.Module, sampled: Collection[str]) -> None:
    """Raise a ModelError if a loss depends on a sampled parameter beside the one it is given.

    A penalty on the parameters of the module that the loss refers to, or a function inside the
    module that refers to it, would stay at w* in every draw.
    """
    own = {id(p): name for name, p in module.named_parameters() if name in sampled}
    loss = _evaluated(loss_at, batch, module)
    if not isinstance(loss, Tensor) or not own:
        return
    for used in _wanted(loss):
        if (name := own.get(id(used))) is not None:
            raise ModelError(
                f"the loss uses the parameter {name} of the module itself, which stays at w* while "
                "chains move: a loss that refers to the module (a penalty on its parameters), or a "
                "lambda, closure or list in the module that refers to it; let the module's forward "
                "return what the loss needs, by self.name"
            )


def _wanted(loss: Tensor) -> list[Tensor]:
    """Return all that a loss depends on and that asks for a gradient."""
    wanted, seen, ahead = [], set(), [loss.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):  # where a gradient is accumulated: a parameter
            wanted.append(node.variable)
        ahead += [following for following, _ in node.next_functions]
    return wanted


def _gradients(loss: Tensor) -> Sequence[Tensor]:
    """Return the gradients of a loss by all that it depends on and that asks for one."""
    wanted = _wanted(loss)
    try:
        gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
    except RuntimeError as error:
        raise ModelError(f"the loss cannot be differentiated ({said(error)})") from error
    found = (gradient for gradient in gradients if gradient is not None)
    return [gradient.to_dense() if gradient.is_sparse else gradient for gradient in found]


@contextmanager
def _kept(module: nn.Module | None) -> Iterator[None]:
    """Leave the buffers of a module as they were: running statistics move in training mode."""
    buffers = [] if module is None else [(b, b.detach().clone()) for b in module.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, before in buffers:
                if not torch.equal(buffer, before):
                    buffer.copy_(before)


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


def _finite_data(loss_at: Loss, samples: Samples, probe: Batch, batched: bool) -> Iterator[str]:
    """Yield what is said of data that are not finite; raise a ModelError if the loss is not."""
    searched, numbers = samples, torch.arange(0)
    if not samples.held:
        numbers = chosen(len(samples))
        searched = TensorSamples(samples.take(numbers))
        yield (
            f"the data are read batch by batch: {len(numbers)} samples were searched for NaN and "
            "infinity, the loss shows others"
        )
    first = first_not_finite(searched)
    if first is None:
        return
    place, sample, value = first
    sample = sample if samples.held else int(numbers[sample])
    problem = f"{place} holds {value} at sample {sample}"
    if batched:
        probe = samples.take(torch.tensor([sample] * 2))
    try:
        loss = loss_at(probe)
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
            "call module.eval() first, or take all data at once (no batch_size, chunk=n)"
        )
    yield f"{listed(named)} normalises by all data at once: the loss is no mean over samples"


def _repeats(
    loss_at: Loss,
    batch: Batch,
    at_minimum: float,
    scale: float,
    module: nn.Module | None,
) -> None:
    """Raise a ModelError if a loss differs when it is called again, beside its scale."""
    before = _generators()
    values = [at_minimum]
    while True:
        loss = _number(_evaluated(loss_at, batch, module), _length(batch))
        values.append(loss.item())
        drew = _drawn(before)
        unit = scale * torch.finfo(coarsest(loss.dtype, module)).eps
        several = len(set(values))
        # Where arrays lie makes two values of one loss, no more; a GPU adds in any order.
        far = max(values) - min(values) > _REPEATED * unit or np.isnan(values).any()
        if far or (drew and several > 1) or (several > 2 and loss.device.type == "cpu"):
            break
        if len(values) >= (_CALLS + _MORE_CALLS if drew or several > 1 else _CALLS):
            return
    other = next(value for value in values if value != values[0])
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
        f"the loss at w* is {values[0]!r}, then {other!r} when called again on the same data: "
        f"{cause}"
    )


def _generators() -> dict[str, Any]:
    states = {
        "PyTorch": torch.get_rng_state().numpy().tobytes(),
        "NumPy": pickle.dumps(np.random.get_state()),  # noqa: NPY002
        "Python": random.getstate(),
    }
    if torch.cuda.is_initialized():
        states["CUDA"] = [state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()]
    return states


def _drawn(before: dict[str, Any]) -> list[str]:
    """Return the generators that are not where they were."""
    return [name for name, state in _generators().items() if state != before.get(name)]


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


def _not_finite_parameter(module: nn.Module | None) -> str:
    for name, parameter in () if module is None else module.named_parameters():
        if not parameter.isfinite().all():
            return f": the parameter {name} holds a value that is not finite"
    return ": a logarithm, root, division or exponential in it leaves its range"


def _one_of(options: FunctionOptions, name: str, allowed: tuple[str, ...]) -> None:
    value = options.get(name)
    if value is not None and not (isinstance(value, str) and value in allowed):
        raise ModelError(f"{name} is {shown(value)}; allowed are {listed(allowed)}")


def _count(options: FunctionOptions, name: str, most: int, least: int = 1) -> int | None:
    """Return an option that is a whole number, None where it is not given."""
    value = options.get(name)
    if value is None:
        return None
    number = whole(value)
    if number is None or not least <= number <= most:
        raise ModelError(
            f"{name} is {shown(value)}; allowed are whole numbers from {least} to {most:,}"
        )
    return number


def whole(value: Any) -> int | None:
    """Return a whole number, of NumPy or PyTorch too; None of anything else, of a bool."""
    if isinstance(value, bool | np.bool_) or getattr(value, "dtype", None) == torch.bool:
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _batch_size(
    options: FunctionOptions, setting: EstimateSettings, samples: Samples | None
) -> int | None:
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
            f"loss of all samples: mini-batches need data, and {able}"
        )
    return _count(options, "batch_size", len(samples))


def _loss_samples(
    options: FunctionOptions, length: int | None, batch_size: int | None
) -> int | Literal["all"] | None:
    value = options.get("loss_samples")
    if value is None or (isinstance(value, str) and value == "all"):
        return value
    if length is None:
        raise ModelError("loss_samples speaks of data, and this loss has none")
    if whole(value) is None:
        raise ModelError(
            f"loss_samples is {shown(value)}; allowed are 'all' and whole numbers from 2 to "
            f"{length:,}"
        )
    number = _count(options, "loss_samples", length, least=2)
    if batch_size is None:
        raise ModelError(f"loss_samples is {number}, but without batch_size L is that of all")
    return number


def _stream(stream: Any) -> tuple[Any, ...]:
    """Return a stream as `lgi.randomness.key` takes it."""
    allowed = "a seed from 0 to 2**64 - 1, then texts and numbers, such as (0, 'llc')"
    if not isinstance(stream, tuple | list) or not stream:
        raise ModelError(f"stream is {shown(stream)}; allowed is a tuple: {allowed}")
    seed, names = whole(stream[0]), stream[1:]
    if seed is None or not 0 <= seed < 2**64:
        raise ModelError(f"stream is {shown(stream)}, and its seed {shown(stream[0])}: {allowed}")
    for name in names:
        if isinstance(name, bool | np.bool_) or not isinstance(
            name, str | int | float | np.integer | np.floating
        ):
            raise ModelError(f"stream is {shown(stream)}, with {shown(name)} in it: {allowed}")
    return (seed, *names)
