"""Estimates of one model: `estimate_module`, `estimate_function`, and their draws."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap

from lgi import randomness
from lgi.llc import samplers
from lgi.llc.estimate import Traces
from lgi.llc.keys import chain_keys
from lgi.llc.library.data import arguments, leaves, samples_of
from lgi.llc.library.door import beside, check, checked_options
from lgi.llc.library.draws import Draws
from lgi.llc.library.options import Options
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
    **options: Unpack[Options],
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
        return loss(functional_call(module, own, *arguments(inputs)), *rest)

    parameters = torch.cat([p.detach().flatten() for p in named.values()])
    return _sample(loss_of, parameters, data, setting, module, options)


def sample_function(
    loss: Callable[..., Tensor],
    parameters: Tensor,
    data: Any,
    setting: EstimateSettings,
    **options: Unpack[Options],
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
    return _sample(loss, parameters, data, setting, None, options)


def _sample(
    loss: Callable[..., Tensor],
    parameters: Tensor,
    data: Any,
    setting: EstimateSettings,
    module: torch.nn.Module | None,
    options: Options,
) -> Draws:
    none = isinstance(data, tuple | list) and len(data) == 0
    samples = None if none else samples_of(data, parameters.device)
    asked = checked_options(options, setting, samples)
    n, batch_size, stream = asked.n, asked.batch_size, asked.stream
    leaf, shifted = (w.detach().clone().requires_grad_() for w in (parameters, beside(parameters)))
    door = check(
        lambda batch: loss(leaf, *batch),
        samples,
        module=module,
        reduction=options.get("reduction"),
        weight=options.get("weight"),
        batched=batch_size is not None,
        elsewhere=lambda batch: loss(shifted, *batch),
    )
    for line in door.lines:
        print(line, file=sys.stderr)
    if door.reduction == "sum":
        total = loss

        def loss(w: Tensor, *batch: Any) -> Tensor:
            return total(w, *batch) / len(next(leaves(batch))[1])

    data = () if samples is None else samples.between(0, len(samples))
    size, shape = parameters.numel(), parameters.shape
    centre = parameters.detach().reshape(1, -1)
    full = vmap(lambda w: loss(w.reshape(shape), *data))
    keys = torch.as_tensor(chain_keys([stream], setting.chains).astype(np.int64))
    sampler = setting.options()
    if batch_size is not None:
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


def _batches(
    loss: Callable[..., Tensor],
    shape: torch.Size,
    data: Sequence[Tensor],
    chains: int,
    batch_size: int,
    stream: tuple,
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
    arrays = (
        chains.loss.T[None],
        chains.acceptance.mean()[None],
        loss_at_w,
        gradient.norm()[None],
        centre[0].norm()[None],
        chains.pull.T[None],
        chains.last.T[:, None],
        chains.lowest[best][:, None],
    )
    numbers = (array.detach().double().cpu().numpy() for array in arrays)
    return Traces(*numbers, n_beta, localisation)
