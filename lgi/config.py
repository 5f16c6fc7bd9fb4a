"""The whole configuration, typed, and the lists of runs derived from it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError

from lgi.errors import ConfigError, ImageError
from lgi.gaussians.images import check_image
from lgi.gaussians.settings import ImageSettings, RecipeSettings
from lgi.llc.known.settings import ProblemName
from lgi.llc.settings import LLCSettings
from lgi.settings import Settings
from lgi.superposition.settings import (
    CalibrationSettings,
    ClaimSettings,
    DataSettings,
    InitialisationSettings,
    TrainingSettings,
)


def _unique(values: list) -> list:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise ValueError(f"must not repeat {', '.join(map(str, twice))}")
    return values


def _unique_in_paths(values: list[float]) -> list[float]:
    names = Counter(map(sparsity_name, values))
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(
            f"must differ in their first four decimals, which name the files: {', '.join(twice)}"
        )
    return values


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Names = Annotated[list[Name], Field(min_length=1), AfterValidator(_unique)]
Count = Annotated[int, Field(ge=1)]
Counts = Annotated[list[Count], Field(min_length=1), AfterValidator(_unique)]
Seed = Annotated[int, Field(ge=0, lt=2**64)]
Seeds = Annotated[list[Seed], Field(min_length=1), AfterValidator(_unique)]
Sparsities = Annotated[
    list[Annotated[float, Field(ge=0, lt=1)]],
    Field(min_length=1),
    AfterValidator(_unique_in_paths),
]


class GaussianRuns(Settings):
    """One list of study 1: every N with every seed."""

    name: Name
    image: Name
    recipe: Name
    n: Counts
    seeds: Seeds


class CurveFigure(Settings):
    """What a figure of best loss against N shows."""

    image: Name
    recipe: Name


class CoverageFigure(Settings):
    """What a figure of loss and coverage along training shows."""

    image: Name
    recipe: Name
    n: Counts
    seed: Seed


class FitFigure(Settings):
    """The run that a figure and an animation of a fit show."""

    image: Name
    recipe: Name
    n: Count
    seed: Seed


def _named_once(runs: list[GaussianRuns]) -> list[GaussianRuns]:
    _unique([entry.name for entry in runs])
    return runs


def _one_file_each(entries: list) -> list:
    """Refuse two figures of one name: what names a file is all but a list."""
    _unique(
        [
            " ".join(f"{key} {value}" for key, value in entry if not isinstance(value, list))
            for entry in entries
        ]
    )
    return entries


class GaussianFigures(Settings):
    """Figures of study 1."""

    loss_vs_n: Annotated[list[CurveFigure], Field(min_length=1), AfterValidator(_one_file_each)]
    loss_and_coverage: Annotated[
        list[CoverageFigure], Field(min_length=1), AfterValidator(_one_file_each)
    ]
    fits: Annotated[list[FitFigure], Field(min_length=1), AfterValidator(_one_file_each)]


class GaussiansConfig(Settings):
    """Study 1: images, recipes, and the runs that combine them."""

    images: dict[Name, ImageSettings]
    recipes: dict[Name, RecipeSettings]
    runs: Annotated[list[GaussianRuns], Field(min_length=1), AfterValidator(_named_once)]
    figures: GaussianFigures


class SuperpositionRuns(Settings):
    """Study 2's runs: every initialisation with every number of samples and every sparsity."""

    initialisations: Names
    samples: Counts
    sparsities: Sparsities
    seeds: Seeds


class SuperpositionFigures(Settings):
    """Figures of study 2."""

    samples: Count
    polygon_seeds: Seeds
    strip_epochs: Annotated[
        list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_unique)
    ]


class SuperpositionConfig(Settings):
    """Study 2: model, data, training, and the runs."""

    hidden: Count
    data: DataSettings
    initialisations: dict[Name, InitialisationSettings]
    training: TrainingSettings
    runs: SuperpositionRuns
    claims: ClaimSettings
    figures: SuperpositionFigures


class Model(Settings):
    """One model of study 2 at one epoch."""

    init: Name
    samples: Count
    sparsity: Annotated[float, Field(ge=0, lt=1)]  # as it stands in paths: four decimals
    seed: Seed
    epoch: Annotated[int, Field(ge=0)]

    def wildcards(self) -> dict:
        """Return what fills the path of its run file."""
        return {**dict(self), "model": self.seed, "sparsity": sparsity_name(self.sparsity)}


class Trace(Model):
    """The model and the setting of an estimate whose chains are kept."""

    setting: Name


class Calibration(CalibrationSettings):
    """Models whose LLC is estimated with many settings, and what is varied."""

    reference: Name  # the setting that is the truth for bias, and from which values depart
    models: Annotated[list[Model], Field(min_length=1)]


class LLCConfig(Settings):
    """Settings of the local learning coefficient, and which of them are estimated and drawn."""

    settings: dict[Name, LLCSettings]
    runs: Names
    drawn: Name
    known_answers: Annotated[list[ProblemName], Field(min_length=1), AfterValidator(_unique)]
    traces: Annotated[list[Trace], Field(min_length=1)]
    calibration: Calibration


class Config(Settings):
    """The whole of config.yaml."""

    device: Literal["cpu", "cuda"]
    gaussians: GaussiansConfig
    superposition: SuperpositionConfig
    llc: LLCConfig
    gallery: Annotated[list[str], AfterValidator(_unique)]

    def gaussian_runs(self) -> "list[GaussianRun]":
        """Return every run of study 1 once, sorted."""
        return sorted(
            {
                GaussianRun(runs.image, runs.recipe, n, seed)
                for runs in self.gaussians.runs
                for n in runs.n
                for seed in runs.seeds
            }
        )

    def superposition_runs(self) -> "list[SuperpositionRun]":
        """Return every run of study 2, in the order of the lists."""
        runs = self.superposition.runs
        return [
            SuperpositionRun(init, samples, sparsity_name(sparsity))
            for init in runs.initialisations
            for samples in runs.samples
            for sparsity in runs.sparsities
        ]

    def sparsity(self, name: str) -> float:
        """Return the exact sparsity that a path's four decimals stand for."""
        return {sparsity_name(s): s for s in self.superposition.runs.sparsities}[name]


class GaussianRun(NamedTuple):
    """What names one run of study 1."""

    image: str
    recipe: str
    n: int
    seed: int


class SuperpositionRun(NamedTuple):
    """What names one run file of study 2."""

    init: str
    samples: int
    sparsity: str


def sparsity_name(sparsity: float) -> str:
    """Return a sparsity as it stands in paths: four decimals."""
    return f"{sparsity:.4f}"


def check(raw: Mapping[str, Any]) -> Config:
    """Turn the merged YAML into a checked configuration.

    Parameters
    ----------
    raw
        What Snakemake read from config.yaml and its overlays.

    Returns
    -------
    Config
        The typed configuration.

    Raises
    ------
    ConfigError
        If anything is not allowed. All problems are reported together, each with its place in the
        file, the value found and what is allowed.
    """
    config, problems = None, []
    try:
        config = Config.model_validate(dict(raw))
    except ValidationError as error:
        problems = [_problem(item, raw) for item in error.errors()]
    problems += [*_truths(raw), *_lookups(raw)]
    if config is not None:
        for find in (_images, _curves, _misfits, _epochs, _models):
            problems += find(config)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigError("\n  ".join([f"the configuration has {count}:", *problems]))
    return config


def _problem(item: Mapping, raw: Any) -> str:
    """Return one of pydantic's errors as a line: place, what is allowed, what is found."""
    place = _place(item["loc"], raw)
    if item["type"] == "missing":
        return f"{place}: missing"
    if item["type"] == "extra_forbidden":
        return f"{place}: unknown key"
    return f"{place}: {item['msg'].removeprefix('Value error, ')}; found {item['input']!r}"


def _place(location: tuple, raw: Any) -> str:
    """Return a location without the kinds that pydantic puts between the keys."""
    parts = []
    for part in location:
        if isinstance(raw, Mapping) and part not in raw and raw.get("kind") == part:
            continue
        parts.append(str(part))
        inside = isinstance(raw, Mapping) or (isinstance(raw, list) and isinstance(part, int))
        raw = raw[part] if inside and (isinstance(raw, list) or part in raw) else None
    return ".".join(parts)


def _truths(raw: Any, place: tuple = ()) -> Iterator[str]:
    """Yield where true or false stands: pydantic would read them as 1 and 0."""
    if isinstance(raw, bool):
        yield f"{'.'.join(place)}: true and false are not allowed; found {raw}"
    for key, value in raw.items() if isinstance(raw, Mapping) else enumerate(_list(raw)):
        yield from _truths(value, (*place, str(key)))


def _lookups(raw: Mapping) -> list[str]:
    """Return the names that are used but not defined; parts of the wrong shape are skipped."""
    gaussians, superposition, llc = (
        _get(raw, section) for section in ("gaussians", "superposition", "llc")
    )
    used: list[tuple[str, Any, Any, str]] = []
    for place, entry in _gaussian_entries(gaussians):
        for kind in ("image", "recipe"):
            used.append((f"{place}.{kind}", _get(entry, kind), _get(gaussians, f"{kind}s"), kind))
    inits = _get(superposition, "initialisations")
    for index, name in enumerate(_list(_get(superposition, "runs", "initialisations"))):
        place = f"superposition.runs.initialisations.{index}"
        used.append((place, name, inits, "initialisation"))
    for index, name in enumerate(_list(_get(llc, "runs"))):
        used.append((f"llc.runs.{index}", name, _get(llc, "settings"), "setting"))
    used.append(("llc.drawn", _get(llc, "drawn"), _get(llc, "runs"), "setting"))
    used += _llc_models(llc, _get(superposition, "runs"))
    samples = _get(superposition, "runs", "samples")
    used.append(
        (
            "superposition.figures.samples",
            _get(superposition, "figures", "samples"),
            samples,
            "number of samples among superposition.runs.samples",
        )
    )
    seeds = _get(superposition, "runs", "seeds")
    for index, seed in enumerate(_list(_get(superposition, "figures", "polygon_seeds"))):
        place = f"superposition.figures.polygon_seeds.{index}"
        used.append((place, seed, seeds, "seed among superposition.runs.seeds"))
    return [
        f"{place}: unknown {kind}; found {name!r}, there are {', '.join(map(str, defined))}"
        for place, name, defined, kind in used
        if isinstance(name, str | int)
        and isinstance(defined, Mapping | list)
        and name not in defined
    ]


def _llc_models(llc: Any, runs: Any) -> Iterator[tuple[str, Any, Any, str]]:
    """Yield what the models of study 2 that the LLC names must be among."""
    known = {
        "init": ("initialisations", "initialisation"),
        "samples": ("samples", "number of samples"),
        "seed": ("seeds", "seed"),
    }
    calibration = _get(llc, "calibration")
    named = {"reference": _get(calibration, "reference")}
    steps = _get(calibration, "step_size")
    names = steps if isinstance(steps, Mapping) else ()
    named |= {f"step_size.{name}": name for name in names}
    for place, name in named.items():
        yield f"llc.calibration.{place}", name, _get(llc, "settings"), "setting"
    lists = {"llc.traces": _get(llc, "traces")}
    lists["llc.calibration.models"] = _get(llc, "calibration", "models")
    for place, entries in lists.items():
        for index, entry in enumerate(_list(entries)):
            for key, (listed, kind) in known.items():
                allowed = _get(runs, listed)
                kind = f"{kind} among superposition.runs.{listed}"
                yield f"{place}.{index}.{key}", _get(entry, key), allowed, kind
            if place == "llc.traces":
                where = f"{place}.{index}.setting"
                yield where, _get(entry, "setting"), _get(llc, "runs"), "setting among llc.runs"


def _gaussian_entries(gaussians: Any) -> Iterator[tuple[str, Any]]:
    for index, entry in enumerate(_list(_get(gaussians, "runs"))):
        yield f"gaussians.runs.{index}", entry
    for figure in ("loss_vs_n", "loss_and_coverage", "fits"):
        for index, entry in enumerate(_list(_get(gaussians, "figures", figure))):
            yield f"gaussians.figures.{figure}.{index}", entry


def _images(config: Config) -> list[str]:
    """Return the images that cannot be fitted."""
    problems = []
    for name, image in config.gaussians.images.items():
        try:
            check_image(image)
        except ImageError as error:
            problems.append(f"gaussians.images.{name}: {error}")
    return problems


def _curves(config: Config) -> list[str]:
    """Return the figures of loss against N that have nothing to draw."""
    listed = {(run.image, run.recipe) for run in config.gaussian_runs()}
    return [
        f"gaussians.figures.loss_vs_n.{index}: no runs of image {entry.image} "
        f"with recipe {entry.recipe} are listed in gaussians.runs"
        for index, entry in enumerate(config.gaussians.figures.loss_vs_n)
        if (entry.image, entry.recipe) not in listed
    ]


def _misfits(config: Config) -> list[str]:
    """Return the initialisations and settings that do not fit the models."""
    study = config.superposition
    problems = []
    for index, name in enumerate(study.runs.initialisations):
        init = study.initialisations.get(name)
        if init and (problem := init.misfit(study.hidden, study.data.features)):
            problems.append(f"superposition.runs.initialisations.{index}: {name}: {problem}")
    for name in config.llc.runs:
        setting = config.llc.settings.get(name)
        for samples in study.runs.samples if setting else ():
            try:
                setting.n_beta(samples)
            except ValueError as error:
                problems.append(f"llc.settings.{name}.inverse_temperature: {error}")
    return problems


def _epochs(config: Config) -> list[str]:
    """Return what asks for an epoch that has no snapshot."""
    epochs = config.superposition.training.snapshot_epochs()
    problems = []
    # A setting that is not run asks for nothing: an overlay cannot remove it.
    for name in sorted(set(config.llc.settings) & set(config.llc.runs)):
        for index, epoch in enumerate(config.llc.settings[name].epochs):
            if epoch not in epochs:
                allowed = ", ".join(map(str, epochs))
                problems.append(
                    f"llc.settings.{name}.epochs.{index}: no snapshot at this epoch; "
                    f"found {epoch}, there are {allowed}"
                )
    for index, epoch in enumerate(config.superposition.figures.strip_epochs):
        if epoch > epochs[-1]:
            problems.append(
                f"superposition.figures.strip_epochs.{index}: after the last epoch "
                f"{epochs[-1]}; found {epoch}"
            )
    return problems


def _models(config: Config) -> list[str]:
    """Return where the LLC asks for a sparsity or a snapshot that there is not."""
    sparsities = [run.sparsity for run in config.superposition_runs()]
    snapshots = config.superposition.training.snapshot_epochs()
    drawn = config.llc.settings.get(config.llc.drawn)
    problems = []
    for place, entries, epochs in (
        ("llc.traces", config.llc.traces, drawn.epochs if drawn else snapshots),
        ("llc.calibration.models", config.llc.calibration.models, snapshots),
    ):
        for index, model in enumerate(entries):
            name = sparsity_name(model.sparsity)
            if name not in sparsities:
                problems.append(
                    f"{place}.{index}.sparsity: not among superposition.runs.sparsities; "
                    f"found {name}, there are {', '.join(dict.fromkeys(sparsities))}"
                )
            if model.epoch not in epochs:
                problems.append(
                    f"{place}.{index}.epoch: not estimated at this epoch; "
                    f"found {model.epoch}, there are {', '.join(map(str, epochs))}"
                )
    return problems


def _get(raw: Any, *path: str) -> Any:
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    return raw


def _list(raw: Any) -> list:
    return raw if isinstance(raw, list) else []
