"""Estimates of one model: `estimate_module`, `estimate_function`, and their draws."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Unpack

import numpy as np
import torch
from torch import Tensor

from lgi.errors import ModelError
from lgi.llc.keys import chain_keys
from lgi.llc.library.batches import BLOCKS, Batches
from lgi.llc.library.data import Samples, samples_of
from lgi.llc.library.door import beside, check, checked_options
from lgi.llc.library.draws import Draws, drawn, need_known
from lgi.llc.library.options import FunctionOptions, Options
from lgi.llc.library.parameters import Parameters, chosen
from lgi.llc.library.sampling import begin, computing
from lgi.llc.library.target import (
    CHUNK_BYTES,
    MAPPED_BYTES,
    TRIED,
    FunctionLoss,
    Model,
    ModuleLoss,
    held_bytes,
    plain,
    why_not_mapped,
)
from lgi.llc.settings import WHITENED, EstimateSettings

LOGGER = logging.getLogger("lgi.llc")


def estimate_module(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    setting: EstimateSettings,
    **options: Unpack[Options],
) -> dict[str, float | str]:
    """Estimate the local learning coefficient of a module at its parameters.

    Takes and raises what `sample_module` does.

    Returns
    -------
    dict
        The columns of `lgi.llc.estimate.estimate`: ``llc``, ``llc_se``, ``rhat``, ``ess``,
        ``status``, ``reason`` and the others, each one number or text.
    """
    need_known(setting)
    draws = sample_module(module, loss, data, setting, **options)
    return draws.estimate(progress=options.get("progress"))


def estimate_function(
    loss: Callable[..., Tensor],
    parameters: Tensor,
    data: Any,
    setting: EstimateSettings,
    **options: Unpack[FunctionOptions],
) -> dict[str, float | str]:
    """Estimate the local learning coefficient of a loss at its minimum.

    Takes and raises what `sample_function` does, returns what `estimate_module` does.
    """
    need_known(setting)
    draws = sample_function(loss, parameters, data, setting, **options)
    return draws.estimate(progress=options.get("progress"))


def sample_module(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Any,
    setting: EstimateSettings,
    **options: Unpack[Options],
) -> Draws:
    """Draw from the posterior of a module, localised at its parameters.

    All parameters that require a gradient are sampled; one that is shared by several layers counts
    once. The module should be in evaluation mode, so that its loss is a function of them alone.

    Parameters
    ----------
    module
        The trained module.
    loss
        Function of (module(data[0]), *data[1:]) to the mean loss over the samples, a scalar.
    data
        Inputs, then what the loss needs, samples first; see `lgi.llc.library.data.samples_of`.
    setting
        Sampler, its settings, and the thresholds of the status.
    **options
        See `Options`.

    Raises
    ------
    ModelError
        If module, loss and data do not make a loss that can be sampled, or an option is not
        allowed: one sentence says what and how to mend it.
    """
    unwrapped = plain(module)
    parameters = chosen(unwrapped, options.get("parameters"))
    model = ModuleLoss(unwrapped, loss, parameters.names)
    own = model.copied() or model  # so that nothing of the caller's module is written to
    samples = samples_of(data, parameters.device)
    return _sample(own, parameters, samples, setting, options, unwrapped)


def sample_function(
    loss: Callable[..., Tensor],
    parameters: Tensor,
    data: Any,
    setting: EstimateSettings,
    **options: Unpack[FunctionOptions],
) -> Draws:
    """Draw from the posterior of a function, localised at its minimum.

    Parameters
    ----------
    loss
        Differentiable function of (parameters, *batch) to the mean loss over the batch's samples,
        a scalar.
    parameters
        Tensor of any shape: w*. Use float64 if you can: the coefficient is nβ times a small
        difference of losses.
    data, setting, **options
        As for `sample_module`; () as data of a loss that needs none, and then ``samples`` is asked.

    Raises
    ------
    ModelError
        As of `sample_module`.
    """
    if not isinstance(parameters, Tensor):
        kind = type(parameters).__name__
        raise ModelError(f"parameters is a {kind}; a tensor is needed: torch.as_tensor(parameters)")
    if not parameters.is_floating_point() or parameters.numel() == 0:
        what = str(parameters.dtype).removeprefix("torch.")
        raise ModelError(f"parameters is {what} {list(parameters.shape)}; floats are needed")
    named = Parameters.whole({"parameters": parameters})
    samples = (
        None if isinstance(data, tuple | list) and not data else samples_of(data, named.device)
    )
    return _sample(FunctionLoss(loss), named, samples, setting, options, None)


def _sample(
    model: Model,
    parameters: Parameters,
    samples: Samples | None,
    setting: EstimateSettings,
    options: FunctionOptions,
    module: torch.nn.Module | None,
) -> Draws:
    asked = checked_options(options, setting, samples)
    if setting.coordinates == WHITENED:
        raise ModelError("coordinates: whitened ones need a Hessian; allowed here is parameters")
    with computing() as threads:
        stream, weight = asked.stream, options.get("weight")
        batches = Batches(
            samples,
            parameters.device,
            weight=weight,
            batch_size=asked.batch_size,
            stream=stream,
        )
        batches = replace(batches, chunk=_chunk(model, parameters, batches, asked.chunk))
        parts = (batches.chunk, asked.batch_size, asked.loss_samples)
        own, shifted = (
            [part[0].requires_grad_() for part in parameters.parts(flat[None])]
            for flat in (parameters.flat(), beside(parameters.flat()))
        )
        door = check(
            lambda batch: model(own, batches.placed(batch)),
            samples,
            module=module,
            reduction=options.get("reduction"),
            weight=weight,
            elsewhere=lambda batch: model(shifted, batches.placed(batch)),
            sampled=parameters.names,
            batched=any(isinstance(part, int) and part < batches.size for part in parts),
        )
        measured = _measured(asked.loss_samples, batches, setting.thin)
        total = _total(batches)
        n = options.get("samples") or round(total)
        n_beta = _n_beta(setting, n)
        batches = replace(
            batches,
            reduction=door.reduction,
            measured=measured,
            mean_weight=total / batches.size if batches.size else 1.0,
        )
        keys = chain_keys([stream], setting.chains)
        mapping, notes = _mapping(model, parameters, batches, keys, options.get("mapping"))
        notes = (*door.lines, *notes)
        if batches.blocks > 1:
            notes += (
                f"L is measured on {measured:,} of {batches.size:,} samples (loss_samples); the "
                "error of that is part of llc_se",
            )
        for note in notes:
            say(note)
        run = begin(model, parameters, batches, setting, n_beta, keys, mapping, threads)
        run, interrupted = run.onward(setting, options.get("progress"), options.get("callback"))
        if interrupted:
            LOGGER.warning(
                f"interrupted: {run.setting.draws:,} of {setting.draws:,} draws are kept"
            )
    return drawn(run, n, mapping, notes, interrupted)


def _chunk(model: Model, parameters: Parameters, batches: Batches, chunk: int | None) -> int:
    """Return how many samples are evaluated at once: as many as fit, and as a mini-batch has."""
    if batches.samples is None or chunk is not None:
        return chunk or 1
    tried = min(batches.size, TRIED)
    try:
        batch = batches.placed(batches.samples.take(torch.arange(tried)))
        held = held_bytes(model, parameters, batch)
    except Exception:  # what is wrong with the loss is found, and said, at the door
        return max(batches.size, 1)
    fitting = CHUNK_BYTES * tried // max(held, 1)
    return min(max(fitting, batches.batch_size or 1), batches.size)


def _measured(asked: int | str | None, batches: Batches, thin: int) -> int:
    """Return by how many samples L is measured: all, or as many as make blocks of one size."""
    if batches.batch_size is None or asked == "all":
        return batches.size
    measured = int(asked or max(batches.batch_size * thin, BLOCKS))
    if measured >= batches.size:
        return batches.size
    if measured < 2:
        raise ModelError("loss_samples: 2 or more are needed to know their error, not 1")
    return measured - measured % min(BLOCKS, measured)


def _total(batches: Batches) -> float:
    """Return what all samples count for."""
    if batches.weight is None:
        return float(batches.size)
    starts = range(0, batches.size, batches.chunk)
    stops = (min(start + batches.chunk, batches.size) for start in starts)
    parts = (batches.given.between(*ends) for ends in zip(starts, stops, strict=True))
    return float(sum(float(batches.weight(batches.placed(part))) for part in parts))


def _n_beta(setting: EstimateSettings, n: int) -> float:
    try:
        return setting.n_beta(n)
    except ValueError as error:
        raise ModelError(str(error)) from None


def _mapping(
    model: Model, parameters: Parameters, batches: Batches, keys: np.ndarray, asked: str | None
) -> tuple[str, tuple[str, ...]]:
    """Return how chains are evaluated, by sizes and by what torch can map; and what to say."""
    if asked == "loop":
        return "loop", ()
    if asked is None and _evaluation_bytes(model, parameters, batches) > MAPPED_BYTES:
        return "loop", ()
    why = why_not_mapped(model, parameters, batches, torch.as_tensor(keys.astype(np.int64)))
    if why is None:
        return "vmap", ()
    if asked == "vmap":
        raise ModelError(f"mapping: torch cannot map {model} over its parameters ({why}): use loop")
    return "loop", (
        f"{model}: the chains are evaluated by a loop, since torch cannot map them ({why})",
    )


def _evaluation_bytes(model: Model, parameters: Parameters, batches: Batches) -> float:
    """Return what an evaluation of one chain holds, of a mini-batch or of a chunk of all."""
    size = batches.batch_size or min(batches.chunk, batches.size)
    tried = min(batches.size, TRIED)
    batch = batches.placed(batches.samples.take(torch.arange(tried))) if batches.samples else ()
    held = held_bytes(model, parameters, batch) * (size / tried if tried else 1)
    return held + sum(value.numel() * value.element_size() for value in parameters.values)


@cache
def say(sentence: str) -> None:
    """Say a sentence on the logger ``lgi.llc``, which shows on stderr if nobody says otherwise.

    Each is said once in a process: of a hundred snapshots of one model the first will do.
    """
    LOGGER.warning(sentence)
