"""Which parameters of a model are sampled, and how they lie in the one vector of a chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from lgi.errors import ModelError, listed, shown

Choice = str | Sequence[str] | Mapping[str, Tensor]


@dataclass(frozen=True)
class Parameters:
    """The tensors that hold what is sampled, at w*.

    A chain is one vector of float32, or of float64 if any of them is; each tensor gets its part in
    a dtype of its own, and keeps its other entries.
    """

    names: tuple[str, ...]
    values: tuple[Tensor, ...]
    entries: tuple[Tensor | None, ...]  # int64: which of each, flattened; None for all

    @classmethod
    def whole(cls, named: Mapping[str, Tensor]) -> Self:
        """Return all entries of some tensors."""
        values = tuple(value.detach() for value in named.values())
        return cls(tuple(named), values, (None,) * len(values))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many entries of each tensor are sampled."""
        pairs = zip(self.values, self.entries, strict=True)
        return tuple(v.numel() if e is None else e.numel() for v, e in pairs)

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.values[0].device

    def flat(self) -> Tensor:
        """Return w* as a vector [P]."""
        wide = any(value.dtype == torch.float64 for value in self.values)
        dtype = torch.float64 if wide else torch.float32
        pairs = zip(self.values, self.entries, strict=True)
        parts = (v.flatten() if e is None else v.flatten()[e] for v, e in pairs)
        return torch.cat([part.to(dtype) for part in parts])

    def parts(self, flat: Tensor) -> list[Tensor]:
        """Return vectors [chains, P] as tensors [chains, ...] of the shapes and dtypes of w*."""
        taken = zip(self.values, self.entries, flat.split(self.sizes, dim=1), strict=True)
        return [_filled(value, entries, part) for value, entries, part in taken]

    def gathered(self, gradients: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
        """Return gradients [chains, ...] by the parts as vectors [chains, P]."""
        rows = (gradient.flatten(start_dim=1) for gradient in gradients)
        pairs = zip(rows, self.entries, strict=True)
        return torch.cat([(r if e is None else r[:, e]).to(dtype) for r, e in pairs], dim=1)


def _filled(value: Tensor, entries: Tensor | None, part: Tensor) -> Tensor:
    if entries is not None:
        whole = value.flatten().expand(len(part), -1).clone()
        whole[:, entries] = part.to(value.dtype)
        part = whole
    return part.to(value.dtype).reshape(len(part), *value.shape)


def chosen(module: torch.nn.Module, choice: Choice | None) -> Parameters:
    """Return the parameters of a module that are sampled.

    Parameters
    ----------
    module
        The module. Of one that is shared by several layers each of its names is known.
    choice
        See `lgi.llc.library.options.Options`.

    Raises
    ------
    ModelError
        If there are none, or the choice names what there is not.
    """
    everything = dict(module.named_parameters())
    if not everything:
        raise ModelError(f"{type(module).__name__} has no parameters, so nothing can be sampled")
    trained = {name: value for name, value in everything.items() if value.requires_grad}
    for name, value in everything.items():
        if is_lazy(value):
            raise ModelError(
                f"parameter {name} has no shape yet (a lazy layer): call the module once on a batch"
            )
        if value.is_meta:
            raise ModelError(
                f"parameter {name} is on the device meta, where it has no values: load them first"
            )
    if not trained:
        raise ModelError(
            f"all parameters are frozen (requires_grad is False): {listed(everything)}; what is to "
            "be sampled must require a gradient"
        )
    parameters = _chosen(module, trained, everything, choice)
    for name, value in zip(parameters.names, parameters.values, strict=True):
        if value.is_complex():
            raise ModelError(f"parameter {name} is complex; only real ones can be sampled")
    if len(devices := {str(value.device) for value in parameters.values}) > 1:
        raise ModelError(f"parameters are on several devices ({listed(sorted(devices))}), not one")
    return parameters


def _chosen(
    module: torch.nn.Module,
    trained: Mapping[str, Tensor],
    everything: Mapping[str, Tensor],
    choice: Choice | None,
) -> Parameters:
    if choice is None:
        return Parameters.whole(trained)
    first = {id(value): name for name, value in everything.items()}
    known = {n: first[id(p)] for n, p in module.named_parameters(remove_duplicate=False)}
    patterns = [choice] if isinstance(choice, str) else list(choice)
    masks: dict[str, Tensor | None] = {}
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise ModelError(f"parameters: {shown(pattern)} is no name or pattern of a parameter")
        names = {full for name, full in known.items() if fnmatchcase(name, pattern)}
        names |= {known[pattern]} if pattern in known else set()
        if not names:
            raise ModelError(
                f"parameters: {shown(pattern)} matches none; there are {listed(known)}"
            )
        if not names & trained.keys():
            raise ModelError(
                f"parameters: all that {shown(pattern)} matches is frozen (requires_grad is "
                f"False); trained are {listed(trained)}"
            )
        mask = choice[pattern] if isinstance(choice, Mapping) else None
        masks |= dict.fromkeys(names & trained.keys(), mask)
    if not masks:
        raise ModelError(f"parameters: none are named; there are {listed(known)}")
    names = [name for name in trained if name in masks]
    entries = tuple(_entries(name, trained[name], masks[name]) for name in names)
    return Parameters(tuple(names), tuple(trained[name].detach() for name in names), entries)


def _entries(name: str, value: Tensor, mask: Tensor | None) -> Tensor | None:
    if mask is None:
        return None
    mask = torch.as_tensor(mask)
    if mask.dtype != torch.bool or mask.shape != value.shape:
        raise ModelError(
            f"parameters: the mask of {name} is {mask.dtype} {list(mask.shape)}; allowed is "
            f"torch.bool {list(value.shape)}"
        )
    if not mask.any():
        raise ModelError(f"parameters: the mask of {name} leaves none of its entries")
    return None if mask.all() else mask.flatten().nonzero()[:, 0].to(value.device)
