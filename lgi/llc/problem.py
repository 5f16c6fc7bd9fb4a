"""What is sampled: a loss around the parameters of some models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


def evaluated(
    loss_and_gradient: Callable[..., None], parameters: np.ndarray, *data: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss [lanes] of parameters [P, lanes] and its gradient [P, lanes].

    Parameters
    ----------
    loss_and_gradient
        Function of (parameters, *data, gradient, loss) that writes its last two arguments.
    parameters
        float [P, lanes].
    *data
        Arrays handed on to it.
    """
    parameters = np.ascontiguousarray(parameters)
    gradient, loss = np.empty_like(parameters), np.empty(parameters.shape[1])
    loss_and_gradient(parameters, *data, gradient, loss)
    return loss, gradient


@dataclass(frozen=True)
class Problem:
    """Some models around whose parameters a loss is sampled: what a study turns a run into."""

    # Function of (parameters [P, lanes], *shared, *per_model, gradient [P, lanes], loss [lanes])
    # that writes its last two arguments: the mean loss over the data and its gradient.
    loss_and_gradient: Callable[..., None]
    parameters: np.ndarray  # float [P, models]: w*
    samples: int  # n, the number of training samples of each model
    streams: Sequence[tuple[Any, ...]]  # of each model's chains, (seed, *names); see `chain_keys`
    shared: tuple[np.ndarray, ...] = ()  # data of all models, handed on as they are
    per_model: tuple[np.ndarray, ...] = ()  # data of each: arrays [..., models], models innermost
    # float [P] or [P, models]: γ is multiplied by these, as coordinates that stretch w ask for;
    # None for the same γ everywhere.
    localisation_weights: np.ndarray | None = None
    # L(w) times this is the mean negative log likelihood, up to a constant; see
    # `lgi.llc.settings.GaussianLikelihood`. 1 where the loss is one already.
    likelihood_factor: float = 1.0
    copies: np.ndarray | None = None  # float [P]: how often each is stored, for SGLD; None: once

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one stream for each model."""
        models = self.parameters.shape[1]
        if len(self.streams) != models:
            raise ValueError(f"{models} models need as many streams, not {len(self.streams)}")

    def of(self, models: slice | np.ndarray) -> "Problem":
        """Return the problem of some of its models: a slice, or their indices."""
        weights = self.localisation_weights
        if weights is not None and weights.ndim == 2:
            weights = weights[:, models]
        indices = np.arange(len(self.streams))[models]
        return replace(
            self,
            parameters=self.parameters[:, models],
            per_model=tuple(array[..., models] for array in self.per_model),
            streams=[self.streams[index] for index in indices],
            localisation_weights=weights,
        )

    def repeated(self, times: int) -> "Problem":
        """Return the problem with every model so many times, next to each other: its chains."""
        weights = self.localisation_weights
        if weights is not None and weights.ndim == 2:
            weights = np.repeat(weights, times, axis=1)
        return replace(
            self,
            parameters=np.repeat(self.parameters, times, axis=1),
            per_model=tuple(np.repeat(array, times, axis=-1) for array in self.per_model),
            streams=[stream for stream in self.streams for _ in range(times)],
            localisation_weights=weights,
        )
