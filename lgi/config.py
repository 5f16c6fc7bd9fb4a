"""The whole configuration, typed, and the lists of runs derived from it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from lgi.errors import ConfigError, ImageError
from lgi.gaussians.images import check_image, load_image
from lgi.gaussians.initial import Variety
from lgi.gaussians.llc_settings import Fits
from lgi.gaussians.settings import ImageSettings, RecipeSettings
from lgi.gaussians.study_settings import AnalysisSettings
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
OneOrMore = Annotated[
    Names, BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
]
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
    """One list of study 1: every image with every recipe, N and seed."""

    name: Name
    image: OneOrMore
    recipe: OneOrMore
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
    analysis: AnalysisSettings
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

    def gaussian_runs(self, *lists: str) -> "list[GaussianRun]":
        """Return every run of study 1 once, sorted; of the lists of these names, if any."""
        return sorted(
            {
                GaussianRun(image, recipe, n, seed)
                for runs in self.gaussians.runs
                if not lists or runs.name in lists
                for image in runs.image
                for recipe in runs.recipe
                for n in runs.n
                for seed in runs.seeds
            }
        )

    def coefficient_runs(self) -> "list[GaussianRun]":
        """Return the runs of study 1 whose learning coefficient is estimated, sorted."""
        return _fits(self.gaussians.analysis.llc.fits)

    def swept_runs(self) -> "list[GaussianRun]":
        """Return those of which settings of the estimate are varied, sorted."""
        return _fits(self.gaussians.analysis.llc.sweep.fits)

    def gaussian_batches(self) -> "dict[tuple[int, ...], list[GaussianFit]]":
        """Return the listed fits of study 1 by the seeds with which each of them runs."""
        seeds: dict[GaussianFit, list[int]] = {}
        for run in self.gaussian_runs():
            fit = GaussianFit(run.image, run.recipe, run.n)
            seeds.setdefault(fit, []).append(run.seed)
        batches: dict[tuple[int, ...], list[GaussianFit]] = {}
        for fit, listed in seeds.items():
            batches.setdefault(tuple(listed), []).append(fit)
        return batches

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


class GaussianFit(NamedTuple):
    """What the runs of study 1 that differ in their seed have in common."""

    image: str
    recipe: str
    n: int


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


def _fits(entries: list[Fits]) -> list[GaussianRun]:
    """Return every run of some lists of fits once, sorted."""
    return sorted(
        {GaussianRun(e.image, e.recipe, n, seed) for e in entries for n in e.n for seed in e.seeds}
    )


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
        for find in (
            _images,
            _curves,
            _studies_of_n,
            _claims_of_n,
            _comparisons,
            _predictions,
            _coefficients,
            _misfits,
            _epochs,
            _models,
        ):
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
    if item["type"] == "union_tag_invalid":
        key, kinds = _bare(item["ctx"]["discriminator"]), _bare(item["ctx"]["expected_tags"])
        return f"{place}.{key}: unknown; found {item['ctx']['tag']!r}, there are {kinds}"
    if item["type"] == "union_tag_not_found":
        return f"{place}.{_bare(item['ctx']['discriminator'])}: missing"
    return f"{place}: {item['msg'].removeprefix('Value error, ')}; found {item['input']!r}"


def _bare(names: str) -> str:
    """Return names without the quotes that pydantic puts around each."""
    return names.replace("'", "")


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
            defined, found = _get(gaussians, f"{kind}s"), _get(entry, kind)
            used.append((f"{place}.{kind}", found, defined, kind))
            for i, name in enumerate(_list(found)):
                used.append((f"{place}.{kind}.{i}", name, defined, kind))
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
    for path in (("fits",), ("sweep", "fits")):
        for index, entry in enumerate(_list(_get(gaussians, "analysis", "llc", *path))):
            yield f"gaussians.analysis.llc.{'.'.join(path)}.{index}", entry


def _images(config: Config) -> list[str]:
    """Return the images that cannot be fitted, and the runs that k-means cannot start on theirs."""
    clustered = _clustered(config)
    problems = []
    for name, image in config.gaussians.images.items():
        try:
            if name not in clustered:
                check_image(image)
                continue
            variety = _variety(image)
        except ImageError as error:
            problems.append(f"gaussians.images.{name}: {error}")
            continue
        for place, n in clustered[name]:
            if misfit := variety.misfit(n, f"image {name}"):
                problems.append(f"{place}: {misfit}")
    return problems


def _clustered(config: Config) -> dict[str, list[tuple[str, int]]]:
    """Return where each image is given a number of Gaussians that start from k-means."""
    study = config.gaussians
    figures = {f"figures.{name}": _list(listed) for name, listed in study.figures}
    found: dict[str, list[tuple[str, int]]] = {}
    for kind, entries in {"runs": study.runs, **figures}.items():
        for index, entry in enumerate(entries):
            recipes = [study.recipes.get(name) for name in _several(entry.recipe)]
            if any(recipe and recipe.initialisation.kind == "kmeans" for recipe in recipes):
                for image in _several(entry.image):
                    found.setdefault(image, []).extend(_counts(f"gaussians.{kind}.{index}", entry))
    return found


def _counts(place: str, entry: Settings) -> Iterator[tuple[str, int]]:
    """Yield the numbers of Gaussians that an entry asks for, if any, each with its place."""
    n = getattr(entry, "n", [])
    if isinstance(n, int):
        yield f"{place}.n", n
        return
    for index, value in enumerate(n):
        yield f"{place}.n.{index}", value


@cache
def _variety(image: ImageSettings) -> Variety:
    """Return the number of pixels and colours; an image is loaded for it once a process."""
    return Variety.of(load_image(image))


def start_misfit(config: Config, image: str, recipe: str, n: int) -> str | None:
    """Say why a run cannot start, if it cannot; no list need name the run.

    Parameters
    ----------
    config
        The configuration in use.
    image, recipe
        Names of the run's image and recipe.
    n
        Number of Gaussians.
    """
    if config.gaussians.recipes[recipe].initialisation.kind != "kmeans":
        return None
    return _variety(config.gaussians.images[image]).misfit(n, f"image {image}")


def _curves(config: Config) -> list[str]:
    """Return the figures of loss against N that have nothing to draw."""
    listed = {(run.image, run.recipe) for run in config.gaussian_runs()}
    return [
        f"gaussians.figures.loss_vs_n.{index}: no runs of image {entry.image} "
        f"with recipe {entry.recipe} are listed in gaussians.runs"
        for index, entry in enumerate(config.gaussians.figures.loss_vs_n)
        if (entry.image, entry.recipe) not in listed
    ]


def _studies_of_n(config: Config) -> list[str]:
    """Return where the analysis of N asks for runs that the lists it names do not hold."""
    study, seeds = config.gaussians.analysis.n_study, config.gaussians.analysis.seeds
    lists = {runs.name: runs for runs in config.gaussians.runs}
    asked = {f"n_study.{part}": (getattr(study, part), study) for part in ("fine", "gap", "broad")}
    asked["seeds.runs"] = (seeds.runs, seeds)
    problems = []
    for key, (name, wanted) in asked.items():
        place = f"gaussians.analysis.{key}"
        if name not in lists:
            there = ", ".join(lists)
            problems.append(f"{place}: unknown list of runs; found {name!r}, there are {there}")
            continue
        for kind, value, listed in (
            ("image", wanted.image, lists[name].image),
            ("recipe", wanted.recipe, lists[name].recipe),
            ("seed", study.seed, lists[name].seeds if wanted is study else [study.seed]),
        ):
            if value not in listed:
                there = ", ".join(map(str, listed))
                problems.append(f"{place}: list {name} has no {kind} {value}; there are {there}")
    return problems


def _claims_of_n(config: Config) -> list[str]:
    """Return where the claims about N speak of runs that are not listed."""
    analysis = config.gaussians.analysis
    claims, name = analysis.claims, analysis.seeds.runs
    numbers = [n for runs in config.gaussians.runs if runs.name == name for n in runs.n]
    spoken = {"best": [claims.best]}
    spoken |= {f"worse.{index}": [n - 1, n] for index, n in enumerate(claims.worse)}
    problems = [
        f"gaussians.analysis.claims.{key}: list {name} has no N = {n}; "
        f"there are {', '.join(map(str, numbers))}"
        for key, wanted in spoken.items()
        for n in wanted
        if numbers and n not in numbers
    ]
    listed = {(run.image, run.recipe) for run in config.gaussian_runs()}
    return problems + [
        f"gaussians.analysis.claims.curves.{index}: no runs of image {curve.image} "
        f"with recipe {curve.recipe} are listed in gaussians.runs"
        for index, curve in enumerate(claims.curves)
        if (curve.image, curve.recipe) not in listed
    ]


def _comparisons(config: Config) -> list[str]:
    """Return where recipes, images and neighbours are compared that there are not."""
    analysis, place = config.gaussians.analysis, "gaussians.analysis"
    lists = [runs.name for runs in config.gaussians.runs]
    named = {"cures.runs": analysis.cures.runs}
    named |= {f"elsewhere.runs.{i}": name for i, name in enumerate(analysis.elsewhere.runs)}
    problems = [
        f"{place}.{key}: unknown list of runs; found {name!r}, there are {', '.join(lists)}"
        for key, name in named.items()
        if name not in lists
    ]
    runs, cures, fits = config.gaussian_runs(), analysis.cures, analysis.neighbours
    listed = {run.recipe for run in runs}
    asked = {f"turn.recipes.{i}": name for i, name in enumerate(analysis.turn.recipes)}
    problems += [
        f"{place}.{key}: no runs with recipe {name} are listed in gaussians.runs"
        for key, name in asked.items()
        if name not in listed
    ]
    if cures.runs in lists:
        compared = config.gaussian_runs(cures.runs)
        problems += [
            f"{place}.cures.runs: list {cures.runs} has image {image}, compared is {cures.image}"
            for image in sorted({run.image for run in compared} - {cures.image})
        ]
        missing = {run._replace(recipe=cures.reference) for run in compared} - set(runs)
        if missing:
            run = min(missing)
            problems.append(
                f"{place}.cures.reference: gaussians.runs lists no run of image {run.image} with "
                f"recipe {run.recipe}, N = {run.n} and seed {run.seed} to compare with"
            )
    for kind, value, defined in (
        ("image", fits.image, config.gaussians.images),
        ("recipe", fits.recipe, config.gaussians.recipes),
        ("film", fits.film, config.gaussians.recipes),
    ):
        if value not in defined:
            there = ", ".join(defined)
            problems.append(
                f"{place}.neighbours.{kind}: unknown {kind}; found {value!r}, there are {there}"
            )
    return problems


def _predictions(config: Config) -> list[str]:
    """Return where features are asked of runs that are not listed."""
    asked, place = config.gaussians.analysis.prediction, "gaussians.analysis.prediction"
    lists = {runs.name: runs for runs in config.gaussians.runs}
    if asked.runs not in lists:
        there = ", ".join(lists)
        return [f"{place}.runs: unknown list of runs; found {asked.runs!r}, there are {there}"]
    return [
        f"{place}.spectra.{kind}: list {asked.runs} has no {kind} {value}; "
        f"there are {', '.join(listed)}"
        for kind, value, listed in (
            ("image", asked.spectra.image, lists[asked.runs].image),
            ("recipe", asked.spectra.recipe, lists[asked.runs].recipe),
        )
        if value not in listed
    ]


def _coefficients(config: Config) -> list[str]:
    """Return the fits whose learning coefficient cannot be estimated: their edge is hard."""
    llc, recipes = config.gaussians.analysis.llc, config.gaussians.recipes
    lists = {"fits": llc.fits, "sweep.fits": llc.sweep.fits}
    return [
        f"gaussians.analysis.llc.{place}.{index}.recipe: {entry.recipe} has a hard edge, and no "
        "minimum; allowed are recipes with a smooth one"
        for place, entries in lists.items()
        for index, entry in enumerate(entries)
        if entry.recipe in recipes and recipes[entry.recipe].edge.kind != "smooth"
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


def _several(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names
