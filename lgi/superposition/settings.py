"""The section of study 2: model, data, training, the runs, and what they are asked."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, model_validator

from lgi import memory
from lgi.display import SuperpositionNames
from lgi.settings import (
    MILLION,
    Confidence,
    Count,
    Label,
    Name,
    Reference,
    Seed,
    Settings,
    Several,
    at_least,
)
from lgi.superposition.departures.settings import Departures
from lgi.superposition.generalisation.settings import Generalisation
from lgi.superposition.limit.settings import Limit
from lgi.superposition.llc.settings import SettingName, SuperpositionLLC
from lgi.superposition.phases.settings import Phases
from lgi.superposition.selection import (
    Epoch,
    Initialisation,
    Model,
    Runs,
    Selection,
    State,
    States,
    nearest,
)
from lgi.superposition.training.settings import (
    DataSettings,
    InitialisationSettings,
    Positive,
    TrainingSettings,
)

_SETTINGS = {"recommended": "fine", "hmc_log_n": "fine"}
REMOVED = {
    "superposition.initialisations": {"published_optimal": "optimal"},
    "superposition.llc.settings": _SETTINGS,
    "superposition.llc.runs": _SETTINGS,
}
"""Names that are gone, and what took their places, by where they were defined."""

Sparsity = Annotated[float, Field(ge=0, lt=1)]


class Original(Settings):
    """The starts of which the statements of the original study speak, and one to compare with."""

    kgon4: Initialisation  # "four-gon"
    optimal: Initialisation  # "optimal", its six-gon
    kgon6: Initialisation  # ours: six corners, and all else as kgon4

    @model_validator(mode="after")
    def _check(self) -> "Original":
        for name in ("kgon6", "optimal"):
            if self.kgon4 == getattr(self, name):
                raise ValueError(f"kgon4 and {name} are compared and must differ, not {self.kgon4}")
        return self


class Panel(Settings):
    """A panel of the published pictures: a start with a number of training samples."""

    title: Label  # there
    init: Initialisation
    samples: Count


class Published(Settings):
    """Pictures of loss against LLC that were published, to be made again."""

    setting: SettingName  # with which the LLC is estimated
    epochs: Several[Epoch]  # the snapshots nearest to these
    panels: Annotated[list[Panel], Field(min_length=1)]


class Figures(Settings):
    """What the main figures and the polygons show."""

    # number of training samples; null: the largest of the runs
    samples: (
        Annotated[
            Count,
            Reference(
                "superposition.runs.samples", "number of samples among superposition.runs.samples"
            ),
        ]
        | None
    )


class Geometry(Settings):
    """Models that are drawn as polygons, and at which snapshots."""

    polygons: Selection
    strip_epochs: Several[Epoch]  # the snapshots nearest to these

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the models that are not run."""
        for place, problem in self.polygons.beside(config.superposition.runs):
            yield f"polygons.{place}", problem


class ClaimSettings(Settings):
    """How the statements of the study are judged; see `lgi.superposition.claims`."""

    confidence: Confidence  # of all intervals of a claim together
    resamples: Annotated[int, at_least(1, MILLION)]
    seed: Seed  # of the bootstrap
    least: Annotated[int, at_least(3)]  # fewer models than these decide nothing
    low_sparsity: Sparsity  # up to here sparsity is low
    high_sparsity: Sparsity  # from here on it is high
    best: Annotated[float, Field(gt=0, lt=1)]  # share of the models that are a start's best ones
    # Smaller than these there is "no" correlation, and a run "stays":
    correlation_margin: Annotated[float, Field(gt=0, lt=1)]
    llc_margin: Positive  # of a learning coefficient, from 0: smaller differences are none
    loss_margin: Positive  # as a share of 1 - S, the loss of a model that always answers 0
    ratio_margin: Annotated[float, Field(gt=0, lt=1)]  # of two losses, from 1

    @model_validator(mode="after")
    def _check(self) -> "ClaimSettings":
        if self.low_sparsity >= self.high_sparsity:
            raise ValueError(
                f"low_sparsity {self.low_sparsity} must be below high_sparsity {self.high_sparsity}"
            )
        return self


class Superposition(Settings):
    """Study 2."""

    hidden: Count
    data: DataSettings
    initialisations: dict[Name, InitialisationSettings]
    names: SuperpositionNames  # what people read in place of names
    training: TrainingSettings
    runs: Runs
    original: Original
    published: Published
    figures: Figures
    geometry: Geometry
    phases: Phases | None  # none: no search for the minima of the population loss
    generalisation: Generalisation
    departures: Departures
    limit: Limit | None  # none: one active feature is not trained
    claims: ClaimSettings
    llc: SuperpositionLLC

    @property
    def drawn(self) -> int:
        """The number of samples that the main figures show."""
        return self.figures.samples or max(self.runs.samples)

    @property
    def variants(self) -> dict[str, int]:
        """The number of samples by the end of a figure's name: none for the one that is drawn."""
        others = {f"_samples{n}": n for n in self.runs.samples if n != self.drawn}
        return {"": self.drawn} | others

    @property
    def published_panels(self) -> list[Panel]:
        """The published panels whose models are run, with estimates by their setting."""
        if self.published.setting not in self.llc.runs:
            return []
        runs = self.runs
        return [
            panel
            for panel in self.published.panels
            if panel.init in runs.init and panel.samples in runs.samples
        ]

    @property
    def published_epochs(self) -> list[int]:
        """The snapshots nearest to the published epochs that have estimates."""
        setting, there = self.published.setting, self.training.snapshot_epochs()
        estimated = self.llc.settings[setting].epochs.among(there)
        return sorted(nearest(self.published.epochs, estimated))

    def models(self, selection: Selection) -> list[Model]:
        """Return the models of a selection."""
        return selection.models(self.runs, self.drawn)

    def states(self, selection: States) -> list[State]:
        """Return the states of a selection."""
        return selection.states(self.runs, self.drawn, self.training.snapshot_epochs())

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what training takes; and estimates of the trained models."""
        seeds, largest = len(self.runs.seeds), max(self.runs.samples)
        yield from self.training.needs_of(seeds, largest, self.hidden, self.data)
        parameters = self.data.features * (self.hidden + 1)
        for name, place, setting in self.llc.sampled():
            fresh = setting.data.samples if setting.data else 1
            yield memory.samples(f"llc.settings.{name}.data", seeds, fresh, self.data.features)
            models = seeds * setting.epochs.most if name in self.llc.runs else 1
            yield from setting.needs_of(f"llc.{place}", models, parameters)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the starts that do not fit the models."""
        for index, name in enumerate(self.runs.init):
            if problem := self.initialisations[name].misfit(self.hidden, self.data.features):
                yield f"runs.init.{index}", f"{name}: {problem}"
