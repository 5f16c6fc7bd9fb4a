"""Which models of study 2 are meant: all that are run, or some of them, by the same names."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from lgi.errors import listed
from lgi.settings import Count, Name, Natural, OneOrMore, Reference, Seed, Settings, as_list


def sparsity_name(sparsity: float) -> str:
    """Return a sparsity as it stands in paths: four decimals."""
    return f"{sparsity:.4f}"


class RunFile(NamedTuple):
    """What names a run file: its fields fill the wildcards of paths."""

    init: str
    samples: int
    sparsity: str


class Model(NamedTuple):
    """What names a model: its run file and its seed."""

    init: str
    samples: int
    sparsity: str
    seed: int


class State(NamedTuple):
    """What names the state of a model at an epoch."""

    init: str
    samples: int
    sparsity: str
    seed: int
    epoch: int


def _apart_in_paths(values: list[float]) -> list[float]:
    values = [value + 0.0 for value in values]  # -0 is 0
    names = Counter(map(sparsity_name, values))
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(
            f"must differ in their first four decimals, which name the files: {listed(twice)}"
        )
    return values


Initialisation = Annotated[Name, Reference("superposition.initialisations", "initialisation")]
Sparsities = Annotated[
    list[Annotated[float, Field(ge=0, lt=1)]],
    Field(min_length=1),
    AfterValidator(_apart_in_paths),
    BeforeValidator(as_list),
]
Epoch = Natural


class Runs(Settings):
    """Every start with every number of samples, every sparsity and every seed."""

    init: OneOrMore[Initialisation]
    samples: OneOrMore[Count]
    sparsity: Sparsities  # exact; paths hold four decimals
    seeds: OneOrMore[Seed]

    def runs(self) -> list[RunFile]:
        """Return the run files, each of which holds the models of all seeds."""
        return [RunFile(*key) for key in product(self.init, self.samples, self.exact)]

    def models(self) -> list[Model]:
        """Return the models."""
        return [Model(*run, seed) for run in self.runs() for seed in self.seeds]

    @property
    def exact(self) -> dict[str, float]:
        """The sparsities by their names in paths."""
        return {sparsity_name(value): value for value in self.sparsity}


class Selection(Settings):
    """Some of the models that are run.

    What is left out follows from the runs: every start and sparsity, the number of samples that
    figures draw, the first seed. A start that is not run is left out, and a number stands for the
    nearest that is, so that a small study of one's own needs no other selections.
    """

    init: OneOrMore[Initialisation] | None = None
    samples: OneOrMore[Count] | None = None
    sparsity: Sparsities | None = None
    seeds: OneOrMore[Seed] | None = None

    def models(self, runs: Runs, drawn: int) -> list[Model]:
        """Return the models, each once.

        Parameters
        ----------
        runs
            The models that are run.
        drawn
            Number of samples that figures draw.
        """
        found = product(
            [init for init in self.init or runs.init if init in runs.init],
            nearest(self.samples or [drawn], runs.samples),
            map(sparsity_name, nearest(self.sparsity or runs.sparsity, runs.sparsity)),
            nearest(self.seeds or runs.seeds[:1], runs.seeds),
        )
        return [Model(*key) for key in found]

    def beside(self, runs: Runs) -> Iterator[tuple[str, str]]:
        """Yield where something is named that is not run, and what is run."""
        names = list(runs.exact)
        for key, kind, named, there in (
            ("init", "initialisation", self.init, runs.init),
            ("samples", "number of samples", self.samples, runs.samples),
            ("sparsity", "sparsity", [sparsity_name(s) for s in self.sparsity or ()], names),
            ("seeds", "seed", self.seeds, runs.seeds),
        ):
            for index, value in enumerate(named or ()):
                if value not in there:
                    yield (
                        f"{key}.{index}",
                        f"unknown {kind} among superposition.runs.{key}; found {value!r}, "
                        f"there are {listed(there)}",
                    )


class States(Selection):
    """Some of the models at some of their snapshots; the last one where no epoch is named."""

    epoch: OneOrMore[Epoch] | None = None

    def states(self, runs: Runs, drawn: int, snapshots: Sequence[int]) -> list[State]:
        """Return the states, each once.

        Parameters
        ----------
        runs
            The models that are run.
        drawn
            Number of samples that figures draw.
        snapshots
            Epochs that there are, in ascending order; the nearest of them are taken.
        """
        epochs = nearest(self.epoch or snapshots[-1:], snapshots)
        return [State(*model, epoch) for model in self.models(runs, drawn) for epoch in epochs]


def nearest(wanted: Sequence[float], there: Sequence[float]) -> list[float]:
    """Return the nearest of the values that there are to each wanted one, each once."""
    found = (min(there, key=lambda value: (abs(value - one), value)) for one in wanted)
    return list(dict.fromkeys(found))
