"""Typed settings of the local learning coefficients of study 2's models."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from lgi.errors import listed
from lgi.llc.minimum import MinimumSettings
from lgi.llc.settings import EstimateSettings, Likelihood
from lgi.llc.sweep import (
    DRAWS,
    LOCALISATION,
    N_BETA,
    RESOLUTION,
    STEP_SIZE,
    N,
    Variation,
    variations,
)
from lgi.settings import (
    Confidence,
    Count,
    Name,
    Natural,
    OneOrMore,
    Reference,
    Settings,
    Several,
    at_least,
)
from lgi.superposition.selection import Epoch, Runs, State, States, nearest

REFERENCE = "reference"
"""What is varied of a reference as it is."""

POSTERIOR = ("likelihood", "minimum", "data", "n", "localisation", "inverse_temperature")
"""What makes the posterior; the rest of a setting is how it is sampled."""

SettingName = Annotated[Name, Reference("superposition.llc.settings", "setting")]
RunSetting = Annotated[
    Name, Reference("superposition.llc.runs", "setting among superposition.llc.runs")
]
Values = Several[Annotated[float, Field(gt=0)]]


class Epochs(Settings):
    """Snapshots: those of some epochs, or those nearest to them."""

    at: Several[Epoch] | None = None  # these snapshots
    nearest: Several[Epoch] | None = None  # the snapshots nearest to these

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.at is None) == (self.nearest is None):
            raise ValueError("allowed is a list of epochs, or {nearest: a list of epochs}")
        return self

    @property
    def most(self) -> int:
        """How many snapshots these are at most."""
        return len(self.at or self.nearest)

    def among(self, snapshots: Sequence[int]) -> list[int]:
        """Return the epochs, each once."""
        return self.at or nearest(self.nearest, snapshots)


def _listed(value: Any) -> Any:
    return {"at": value} if isinstance(value, list | tuple) else value


class FreshData(Settings):
    """Samples drawn anew, as many for each seed, of the sparsity of the run."""

    samples: Count


class Copies(Settings):
    """How often an optimiser holds each parameter: tied weights of two layers twice."""

    W: Count = 1  # of the weights
    b: Count = 1  # of the biases


class SuperpositionEstimate(EstimateSettings):
    """How the coefficients of a run are estimated, and at which snapshots."""

    epochs: Annotated[
        Epochs, BeforeValidator(_listed, json_schema_input_type=Epochs | Several[Epoch])
    ]
    likelihood: Likelihood  # of which L is the mean negative log
    minimum: MinimumSettings | None  # how w* is found from the state; null: w* is the state itself
    data: FreshData | None = None  # null: each seed's own training set
    copies: Copies | None = None  # null: each once

    @model_validator(mode="after")
    def _copies_are_of_sgld(self) -> Self:
        if self.copies is not None and self.sampler.kind != "sgld":
            raise ValueError(f"copies are for the sampler sgld, not {self.sampler.kind}")
        return self

    def at(self, snapshots: Sequence[int]) -> Self:
        """Return the setting with epochs that are named one by one.

        Parameters
        ----------
        snapshots
            Epochs that there are.
        """
        return self.model_copy(update={"epochs": Epochs(at=self.epochs.among(snapshots))})


class Chosen(States):
    """States of models: just these, or the nearest to them that there are."""

    nearest: States | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        exact = [self.init, self.samples, self.sparsity, self.seeds, self.epoch]
        if self.nearest is None and None in exact:
            raise ValueError("allowed are init, samples, sparsity, seeds and epoch, or nearest")
        if self.nearest is not None and exact != [None] * len(exact):
            raise ValueError("allowed is nearest, or init, samples, sparsity, seeds and epoch")
        return self

    def among(self, runs: Runs, drawn: int, snapshots: Sequence[int]) -> list[State]:
        """Return the states, each once; see `States.states`.

        Where no start is run that `nearest` names, the first one stands for it.
        """
        chosen = self.nearest or self
        if chosen.init and not set(chosen.init) & set(runs.init):
            chosen = chosen.model_copy(update={"init": runs.init[:1]})
        return chosen.states(runs, drawn, snapshots)

    def missing(self, runs: Runs, snapshots: Sequence[int]) -> Iterator[tuple[str, str]]:
        """Yield where a state is named that there is not, and what there is."""
        if self.nearest is not None:
            return
        yield from self.beside(runs)
        for index, epoch in enumerate(self.epoch):
            if epoch not in snapshots:
                yield f"epoch.{index}", _not_there("not estimated", epoch, snapshots)


class Trace(Chosen):
    """Estimates whose chains are kept: a setting, and models at epochs."""

    setting: RunSetting


class ChainLength(Settings):
    """Length of the chains of a calibration, in place of the setting's own."""

    chains: Annotated[int, at_least(2)]
    draws: Count
    burn_in: Natural
    thin: Count


class Calibration(Settings):
    """Models whose coefficient is estimated with many settings, and what is varied."""

    reference: SettingName  # the truth for bias, and the setting from which values depart
    chains: ChainLength
    models: Annotated[list[Chosen], Field(min_length=1)]
    step_size: Annotated[dict[SettingName, Values], Field(min_length=1)]  # ε, by its setting
    localisation: Values  # γ
    n_beta: Values  # nβ
    n: Several[Annotated[int, at_least(2)]]  # in nβ = n / ln n
    draws: Values  # how many times as long as the reference's own the chains are

    def variations(
        self, settings: Mapping[str, SuperpositionEstimate], samples: int, epoch: int
    ) -> Iterator[Variation]:
        """Yield the reference as it is, and each setting with each of its values.

        Parameters
        ----------
        settings
            Settings by name.
        samples, epoch
            Number of training samples of a model, and the epoch of its state.
        """
        there = {"epochs": Epochs(at=[epoch])}
        name = self.reference
        own = settings[name].model_copy(update=there)
        long = dict(self.chains)
        reference = own.model_copy(update=long)
        posterior = {key: getattr(reference, key) for key in POSTERIOR}
        yield Variation(REFERENCE, math.nan, name, reference)
        for other, values in self.step_size.items():
            stepped = settings[other].model_copy(update=there | long | posterior)
            yield from variations(other, stepped, {STEP_SIZE: values}, samples)
        values = {key: getattr(self, key) for key in (LOCALISATION, N_BETA, N)}
        yield from variations(name, reference, values, samples)
        yield from variations(name, own, {DRAWS: self.draws}, samples)

    def varied(
        self, settings: Mapping[str, SuperpositionEstimate]
    ) -> dict[str, SuperpositionEstimate]:
        """Return those of some settings that it varies, by name."""
        return {name: settings[name] for name in sorted({self.reference, *self.step_size})}


class Resolution(Settings):
    """States that are seen at many scales; see `lgi.superposition.llc.resolution`."""

    setting: SettingName
    factors: Values  # of its nβ and γ
    models: Annotated[list[Chosen], Field(min_length=1)]

    def variations(
        self, settings: Mapping[str, SuperpositionEstimate], samples: int, epoch: int
    ) -> Iterator[Variation]:
        """Yield the setting at each scale; takes what `Calibration.variations` does."""
        setting = settings[self.setting].model_copy(update={"epochs": Epochs(at=[epoch])})
        return variations(self.setting, setting, {RESOLUTION: self.factors}, samples)


class Locality(Settings):
    """When chains from two models see the same; see `lgi.superposition.llc.locality`."""

    distinct: Annotated[float, Field(gt=0)]  # share of L(w*) by which two w* differ
    apart: Annotated[float, Field(gt=0)]  # nβ times the difference: two w* are far apart
    errors: Annotated[float, Field(gt=0)]  # standard errors within which two E[L] agree
    confidence: Confidence


class SuperpositionLLC(Settings):
    """Settings of the estimator, and which of them are estimated and drawn."""

    settings: Annotated[dict[Name, SuperpositionEstimate], Field(min_length=1)]
    runs: OneOrMore[SettingName]  # that are estimated for every run
    drawn: RunSetting  # the one that figures show and claims rest on
    traces: list[Trace]
    calibration: Calibration
    resolution: Resolution
    locality: Locality

    def sampled(self) -> Iterator[tuple[str, str, SuperpositionEstimate]]:
        """Yield the settings as they are sampled: name, place below this section, and itself."""
        for name in self.runs:
            yield name, f"settings.{name}", self.settings[name]
        long = dict(self.calibration.chains)
        own = self.settings[self.calibration.reference]
        for name, setting in self.calibration.varied(self.settings).items():
            yield name, "calibration.chains", setting.model_copy(update=long)
        for times in self.calibration.draws:
            lengths = {key: int(times * getattr(own, key)) for key in ("draws", "burn_in")}
            yield self.calibration.reference, "calibration.draws", own.model_copy(update=lengths)
        name = self.resolution.setting
        yield name, "resolution", self.settings[name]

    def epochs(self, config: Any) -> list[int]:
        """Return the epochs of the drawn setting."""
        return self.settings[self.drawn].epochs.among(snapshots(config))

    def estimated(self, config: Any) -> dict[str, SuperpositionEstimate]:
        """Return the settings that are estimated, by name, with their epochs one by one."""
        return {name: self.settings[name].at(snapshots(config)) for name in self.runs}

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield what the runs of the study do not allow."""
        runs, there = config.superposition.runs, snapshots(config)
        # A setting that is not run asks for nothing: an overlay cannot remove it.
        for name in self.runs:
            setting = self.settings[name]
            for index, epoch in enumerate(setting.epochs.at or ()):
                if epoch not in there:
                    yield f"settings.{name}.epochs.{index}", _not_there("no snapshot", epoch, there)
            for samples in [setting.data.samples] if setting.data else runs.samples:
                try:
                    setting.n_beta(samples)
                except ValueError as error:
                    yield f"settings.{name}.inverse_temperature", str(error)
        for name in self.calibration.step_size:
            if self.settings[name].copies is not None:
                yield f"calibration.step_size.{name}", "copies have no bias against the reference"
        yield from self._misfits(runs)
        for place, entries, epochs in (
            ("traces", self.traces, self.epochs(config)),
            ("calibration.models", self.calibration.models, there),
            ("resolution.models", self.resolution.models, there),
        ):
            for index, entry in enumerate(entries):
                for inside, problem in entry.missing(runs, epochs):
                    yield f"{place}.{index}.{inside}", problem

    def _misfits(self, runs: Runs) -> Iterator[tuple[str, str]]:
        """Yield the values with which a setting would not be one: chains too short, and such."""
        for room in ("calibration", "resolution"):
            found = {}
            for samples in runs.samples:
                try:
                    for one in getattr(self, room).variations(self.settings, samples, 0):
                        if problem := one.setting.misfit():
                            value = "" if one.varied == REFERENCE else f" {one.value:g}"
                            place = "chains" if one.varied == REFERENCE else one.varied
                            place = "factors" if one.varied == RESOLUTION else place
                            found.setdefault((place, one.name), f"{one.name}{value}: {problem}")
                except ValueError as error:  # no temperature for so few samples
                    found[("models", "")] = str(error)
            for (place, _), problem in found.items():
                yield f"{room}.{place}", problem


def snapshots(config: Any) -> list[int]:
    """Return the epochs of the snapshots of training."""
    return config.superposition.training.snapshot_epochs()


def _not_there(what: str, epoch: int, there: Sequence[int]) -> str:
    return f"{what} at this epoch; found {epoch}, there are {listed(there)}"
