"""Estimates for any PyTorch model: bring a function or a module, its parameters and its data.

`lgi.llc.estimate` does the same for many small models at once on the CPU engine. This module is
apart from it so that jobs of the CPU engine need not import PyTorch. docs/llc_example.py uses it.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap

from lgi import randomness
from lgi.llc import samplers
from lgi.llc.estimate import Traces, summary
from lgi.llc.keys import chain_keys
from lgi.llc.settings import EstimateSettings

STREAM = (0, "llc")  # of an estimate whose stream is not named


def estimate_function(
    loss: Callable[..., Tensor],
    parameters: Tensor,
    data: Sequence[Tensor],
    setting: EstimateSettings,
    *,
    samples: int | None = None,
    batch_size: int | None = None,
    stream: tuple = STREAM,
) -> dict[str, float | str]:
    """Estimate the local learning coefficient of a loss at its minimum.

    Parameters
    ----------
    loss
        Differentiable function of (parameters, *data) to the mean loss over the samples, a scalar.
        It is mapped over the chains by `torch.func.vmap`.
    parameters
        Tensor of any shape: w*. Use float64 if you can: the coefficient is nβ times a small
        difference of losses.
    data
        Tensors whose first axis is that of the samples; none for a loss that needs no data.
    setting
        Sampler, its settings, and the thresholds of the status.
    samples
        n, where it is not the length of the data.
    batch_size
        Samples whose gradient drives a step, drawn anew with replacement for every chain and step;
        None for all of them. The draws kept have the loss of all data either way.
    stream
        Seed and names of the random stream; see `lgi.llc.keys.chain_keys`.

    Returns
    -------
    dict
        The columns of `lgi.llc.estimate.estimate`: ``llc``, ``llc_se``, ``rhat``, ``ess``,
        ``status``, ``reason`` and the others, each one number or text.

    Raises
    ------
    ValueError
        If n is not known, the data differ in length, or mini-batches are asked for without data
        or for a sampler that needs exact energies.
    """
    n = _samples(data, samples)
    size, shape = parameters.numel(), parameters.shape
    centre = parameters.detach().reshape(1, -1)
    full = vmap(lambda w: loss(w.reshape(shape), *data))
    keys = torch.as_tensor(chain_keys([stream], setting.chains).astype(np.int64))
    options = setting.options()
    if batch_size is not None:
        if setting.sampler.exact or not data:
            able = " or ".join(samplers.kinds(exact=False))
            raise ValueError(f"mini-batches need data, and {able}")
        options["batch_loss"] = _batches(loss, shape, data, setting.chains, batch_size, stream)
    chains = getattr(samplers, setting.sampler.function)(
        full,
        centre.expand(setting.chains, size).clone(),
        keys.to(parameters.device),
        n_beta=setting.n_beta(n),
        **options,
    )
    kept = _traces(full, centre, chains, setting.n_beta(n), setting.localisation)
    columns = summary(kept, setting)
    return {name: values.item() for name, values in columns.items()}


def estimate_module(
    module: torch.nn.Module,
    loss: Callable[..., Tensor],
    data: Sequence[Tensor],
    setting: EstimateSettings,
    *,
    batch_size: int | None = None,
    stream: tuple = STREAM,
) -> dict[str, float | str]:
    """Estimate the local learning coefficient of a module at its parameters.

    All parameters that require a gradient are sampled; one that is shared by several layers counts
    once. The module should be in evaluation mode, so that its loss is a function of them alone.

    Parameters
    ----------
    module
        The trained module.
    loss
        Function of (module(data[0]), *data[1:]) to the mean loss over the samples, a scalar.
    data
        Inputs, then what the loss needs, samples first.
    setting, batch_size, stream
        As for `estimate_function`.

    Returns
    -------
    dict
        As of `estimate_function`.

    Raises
    ------
    ValueError
        As of `estimate_function`.
    """
    named = {name: p for name, p in module.named_parameters() if p.requires_grad}
    sizes = [p.numel() for p in named.values()]

    def loss_of(flat: Tensor, inputs: Tensor, *rest: Tensor) -> Tensor:
        parts = zip(named.items(), flat.split(sizes), strict=True)
        own = {name: part.reshape(p.shape) for (name, p), part in parts}
        return loss(functional_call(module, own, (inputs,)), *rest)

    parameters = torch.cat([p.detach().flatten() for p in named.values()])
    return estimate_function(
        loss_of, parameters, data, setting, batch_size=batch_size, stream=stream
    )


def _samples(data: Sequence[Tensor], samples: int | None) -> int:
    lengths = {len(tensor) for tensor in data}
    if len(lengths) > 1:
        raise ValueError(f"data differ in their number of samples: {sorted(lengths)}")
    if samples is None and not lengths:
        raise ValueError("without data the number of samples must be given")
    return samples if samples is not None else lengths.pop()


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
