"""Estimates of one model: `estimate_module`, `estimate_function`, and their draws."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack, cast

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap

from lgi import randomness
from lgi.errors import ModelError
from lgi.llc import samplers
from lgi.llc.estimate import Traces
from lgi.llc.keys import chain_keys
from lgi.llc.library.draws import Draws
from lgi.llc.library.options import STREAM, FunctionOptions, Options
from lgi.llc.settings import EstimateSettings


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
    return sample_module(module, loss, data, setting, **options).columns()


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
    return sample_function(loss, parameters, data, setting, **options).columns()


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
    named = {name: p for name, p in module.named_parameters() if p.requires_grad}
    sizes = [p.numel() for p in named.values()]

    def loss_of(flat: Tensor, inputs: Any, *rest: Any) -> Tensor:
        parts = zip(named.items(), flat.split(sizes), strict=True)
        own = {name: part.reshape(p.shape) for (name, p), part in parts}
        return loss(functional_call(module, own, (inputs,)), *rest)

    parameters = torch.cat([p.detach().flatten() for p in named.values()])
    options.pop("parameters", None)
    of_function = cast(FunctionOptions, options)
    return sample_function(loss_of, parameters, data, setting, **of_function)


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
    samples, batch_size = options.get("samples"), options.get("batch_size")
    stream = options.get("stream", STREAM)
    n = _samples(data, samples)
    size, shape = parameters.numel(), parameters.shape
    centre = parameters.detach().reshape(1, -1)
    full = vmap(lambda w: loss(w.reshape(shape), *data))
    keys = torch.as_tensor(chain_keys([stream], setting.chains).astype(np.int64))
    sampler = setting.options()
    if batch_size is not None:
        if setting.sampler.exact or not data:
            able = " or ".join(samplers.kinds(exact=False))
            raise ModelError(f"mini-batches need data, and {able}")
        sampler["batch_loss"] = _batches(loss, shape, data, setting.chains, batch_size, stream)
    chains = getattr(samplers, setting.sampler.function)(
        full,
        centre.expand(setting.chains, size).clone(),
        keys.to(parameters.device),
        n_beta=setting.n_beta(n),
        **sampler,
    )
    kept = _traces(full, centre, chains, setting.n_beta(n), setting.localisation)
    return Draws(kept, setting, n)


def _samples(data: Sequence[Tensor], samples: int | None) -> int:
    lengths = {len(tensor) for tensor in data}
    if len(lengths) > 1:
        raise ModelError(f"data differ in their number of samples: {sorted(lengths)}")
    if samples is None and not lengths:
        raise ModelError("without data the number of samples must be given")
    return samples if samples is not None else lengths.pop()


def _batches(
    loss: Callable[..., Tensor],
    shape: torch.Size,
    data: Sequence[Tensor],
    chains: int,
    batch_size: int,
    stream: tuple[Any, ...],
) -> Callable[[int], samplers.Loss]:
    """Return the function of a draw's number to the loss on its mini-batches, one a chain."""
    mapped = vmap(lambda w, *batch: loss(w.reshape(shape), *batch))

    def batch_loss(draw: int) -> samplers.Loss:
        random = randomness.generator(*stream, "mini-batch", draw)
        chosen = torch.as_tensor(random.integers(len(data[0]), size=(chains, batch_size)))
        batches = [tensor[chosen.to(tensor.device)] for tensor in data]
        return lambda parameters: mapped(parameters, *batches)

    return batch_loss


def _traces(
    full: samplers.Loss, centre: Tensor, chains: samplers.Chains, n_beta: float, localisation: float
) -> Traces:
    centre = centre.clone().requires_grad_()
    loss_at_w = full(centre)
    (gradient,) = torch.autograd.grad(loss_at_w.sum(), centre)
    best = full(chains.lowest).argmin()
    return Traces(
        loss=_array(chains.loss.T[None]),
        acceptance=_array(chains.acceptance.mean()[None]),
        loss_at_w=_array(loss_at_w),
        gradient_norm=_array(gradient.norm()[None]),
        length=_array(centre[0].norm()[None]),
        pull=_array(chains.pull.T[None]),
        last=_array(chains.last.T[:, None]),
        lowest=_array(chains.lowest[best][:, None]),
        n_beta=n_beta,
        localisation=localisation,
    )


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().double().cpu().numpy()
