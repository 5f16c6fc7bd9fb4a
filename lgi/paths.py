"""Where every result lies, which results a configuration asks for, and what a wrong path meant."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import product

from lgi.config import Config, GaussianFit, sparsity_name

GAUSSIANS_RUN = "results/gaussians/{image}/{recipe}/n{n}_seed{seed}.npz"
GAUSSIANS_FEATURES = "results/gaussians/features/{image}/{recipe}/n{n}.csv"
GAUSSIANS_MINIMUM = "results/gaussians/minima/{image}/{recipe}/n{n}_seed{seed}.npz"
GAUSSIANS_COEFFICIENT = "results/gaussians/llc/{image}/{recipe}/n{n}_seed{seed}.csv"
GAUSSIANS_COEFFICIENT_SWEEP = "results/gaussians/llc/{image}/{recipe}/n{n}_seed{seed}_sweep.csv"
SUPERPOSITION_RUN = "results/superposition/{init}/samples{samples}/sparsity{sparsity}.npz"
LLC_ESTIMATE = "results/llc/{setting}/{init}/samples{samples}/sparsity{sparsity}.csv"
LLC_TRACE = (
    "results/llc/traces/{setting}/{init}/samples{samples}/sparsity{sparsity}_seed{model}"
    "_epoch{epoch}.nc"
)

TABLES = "results/tables/"
GAUSSIANS_TABLE = TABLES + "gaussians.csv"
REPRODUCIBILITY_TABLE = TABLES + "gaussians_reproducibility.csv"
TURN_TABLE = TABLES + "gaussians_turn.csv"
TURN_CLAIM_TABLE = TABLES + "gaussians_turn_claims.csv"
CURE_TABLE = TABLES + "gaussians_cures.csv"
CURE_CLAIM_TABLE = TABLES + "gaussians_cures_claims.csv"
ELSEWHERE_TABLE = TABLES + "gaussians_elsewhere.csv"
ELSEWHERE_CLAIM_TABLE = TABLES + "gaussians_elsewhere_claims.csv"
N_STUDY_TABLE = TABLES + "gaussians_n_study.csv"
N_STUDY_SUMMARY_TABLE = TABLES + "gaussians_n_study_summary.csv"
DISCREPANCY_TABLE = TABLES + "gaussians_discrepancies.csv"
STEP_TABLE = TABLES + "gaussians_steps.csv"
SEED_SUMMARY_TABLE = TABLES + "gaussians_seeds_summary.csv"
FEATURE_TABLE = TABLES + "gaussians_features.csv"
PREDICTION_TABLE = TABLES + "gaussians_prediction.csv"
PREDICTION_CLAIM_TABLE = TABLES + "gaussians_prediction_claims.csv"
COEFFICIENT_TABLE = TABLES + "gaussians_llc.csv"
COEFFICIENT_SWEEP_TABLE = TABLES + "gaussians_llc_sweep.csv"
COEFFICIENT_CLAIM_TABLE = TABLES + "gaussians_llc_claims.csv"
GAUSSIANS_CLAIM_TABLE = TABLES + "gaussians_claims.csv"
# Statements of other parts of study 1, which the table of all of them takes up.
MORE_CLAIM_TABLES = (
    TURN_CLAIM_TABLE,
    CURE_CLAIM_TABLE,
    ELSEWHERE_CLAIM_TABLE,
    PREDICTION_CLAIM_TABLE,
    COEFFICIENT_CLAIM_TABLE,
)
SUPERPOSITION_TABLE = TABLES + "superposition.csv"
START_TABLE = TABLES + "superposition_starts.csv"
LLC_TABLE = TABLES + "llc.csv"
KNOWN_ANSWERS_TABLE = TABLES + "llc_known_answers.csv"
VERDICT_TABLE = TABLES + "llc_verdicts.csv"
CORRELATION_TABLE = TABLES + "loss_vs_llc_correlation.csv"
CALIBRATION_TABLE = TABLES + "llc_calibration.csv"
CLAIM_TABLE = TABLES + "claims.csv"

FIGURES = "results/figures/"
LOSS_VS_N = FIGURES + "gaussians_loss_vs_n_{image}_{recipe}.png"
LOSS_AND_COVERAGE = FIGURES + "gaussians_loss_and_coverage_{image}_{recipe}_seed{seed}.png"
FIT = FIGURES + "gaussians_fit_{image}_{recipe}_n{n}_seed{seed}.png"
TURN = FIGURES + "gaussians_turn.png"
CURES = FIGURES + "gaussians_cures.png"
ELSEWHERE = FIGURES + "gaussians_elsewhere.png"
NEIGHBOURS = FIGURES + "gaussians_neighbours.png"
N_STUDY = FIGURES + "gaussians_n_study.png"
LOSS_OVER_SEEDS = FIGURES + "gaussians_loss_over_seeds.png"
STEPS = FIGURES + "gaussians_steps.png"
ONE_SEED = FIGURES + "gaussians_one_seed.png"
SPECTRA = FIGURES + "gaussians_spectra.png"
PREDICTION = FIGURES + "gaussians_prediction_{image}_{recipe}.png"
COEFFICIENTS = FIGURES + "gaussians_llc.png"
COEFFICIENT_SWEEP = FIGURES + "gaussians_llc_sweep.png"
# {variant} is empty for the number of samples that the configuration draws, else _samples{m}
LOSS_VS_LLC = FIGURES + "loss_vs_llc_epoch_{epoch}{variant}.png"
LLC_OVER_TRAINING = FIGURES + "llc_over_training{variant}.png"
LLC_SETTINGS = FIGURES + "llc_settings{variant}.png"
LLC_VERDICTS = FIGURES + "llc_verdicts{variant}.png"
LLC_CALIBRATION = FIGURES + "llc_calibration.png"
LLC_TRACE_FIGURE = FIGURES + (
    "llc_trace_{setting}_{init}_samples{samples}_sparsity{sparsity}_seed{model}_epoch{epoch}.png"
)
KNOWN_ANSWERS = FIGURES + "llc_known_answers.png"
LOSS_OVER_TRAINING = FIGURES + "loss_over_training{variant}.png"
KGONS_OVER_TRAINING = FIGURES + "kgons_over_training{variant}.png"
DIMENSIONALITY_VS_SPARSITY = FIGURES + "dimensionality_vs_sparsity{variant}.png"
KGON4_VS_KGON6 = FIGURES + "kgon4_vs_kgon6{variant}.png"
SNAPSHOTS = FIGURES + "snapshots_{init}_samples{samples}_sparsity{sparsity}_seed{model}.png"

REPORTS = "results/report/"
GAUSSIANS_REPORT = REPORTS + "gaussians.md"

ANIMATIONS = "results/animations/"
FIT_ANIMATION = ANIMATIONS + "gaussians_fit_{image}_{recipe}_n{n}_seed{seed}.gif"
POLYGONS = ANIMATIONS + "polygons_{init}_samples{samples}_sparsity{sparsity}_seed{model}.gif"

GALLERY = "docs/gallery/{name}"


def gaussians_batch(seed: object) -> str:
    """Return the pattern of run files of one seed, with image, recipe and N as one wildcard."""
    together = GAUSSIANS_RUN.replace("{image}/{recipe}/n{n}", "{fit}")
    return together.replace("{seed}", str(seed))


def gaussians_fit(fit: GaussianFit) -> str:
    """Return the part of the path of a run file that its seed does not change."""
    return f"{fit.image}/{fit.recipe}/n{fit.n}"


def gaussians_runs(config: Config, *lists: str) -> list[str]:
    """Return the run files of study 1, or of some of its lists alone."""
    return [GAUSSIANS_RUN.format(**run._asdict()) for run in config.gaussian_runs(*lists)]


def neighbour_runs(config: Config) -> list[str]:
    """Return the run files of fits that are drawn beside each other."""
    fits = config.gaussians.analysis.neighbours
    return [GAUSSIANS_RUN.format(**dict(fits) | {"n": n}) for n in fits.n]


def gaussians_features(config: Config) -> list[str]:
    """Return the tables of features, one per image, recipe and N of the list they are taken of."""
    runs = config.gaussian_runs(config.gaussians.analysis.prediction.runs)
    return list(dict.fromkeys(GAUSSIANS_FEATURES.format(**run._asdict()) for run in runs))


def spectra_runs(config: Config) -> list[str]:
    """Return the run files of fits whose singular values are drawn."""
    fits = config.gaussians.analysis.prediction.spectra
    return [GAUSSIANS_RUN.format(**dict(fits) | {"n": n}) for n in fits.n]


def coefficients(config: Config, pattern: str = GAUSSIANS_COEFFICIENT) -> list[str]:
    """Return the learning coefficients of study 1's fits, or with another pattern their minima."""
    return [pattern.format(**run._asdict()) for run in config.coefficient_runs()]


def coefficient_sweeps(config: Config) -> list[str]:
    """Return the learning coefficients of fits for which settings are varied."""
    return [GAUSSIANS_COEFFICIENT_SWEEP.format(**run._asdict()) for run in config.swept_runs()]


def superposition_runs(config: Config) -> list[str]:
    """Return the run files of study 2."""
    return [SUPERPOSITION_RUN.format(**run._asdict()) for run in config.superposition_runs()]


def llc_estimates(config: Config) -> list[str]:
    """Return the tables of single LLC estimates: every setting for every run file of study 2."""
    return [
        LLC_ESTIMATE.format(setting=setting, **run._asdict())
        for setting in config.llc.runs
        for run in config.superposition_runs()
    ]


def llc_traces(config: Config, pattern: str = LLC_TRACE) -> list[str]:
    """Return the kept chains of single estimates, or with another pattern their figures."""
    return [pattern.format(**trace.wildcards()) for trace in config.llc.traces]


def calibration_runs(config: Config) -> list[str]:
    """Return the run file of each model of the calibration."""
    models = config.llc.calibration.models
    return [SUPERPOSITION_RUN.format(**model.wildcards()) for model in models]


def tables(config: Config) -> list[str]:
    """Return the gathered tables."""
    return [
        GAUSSIANS_TABLE,
        REPRODUCIBILITY_TABLE,
        TURN_TABLE,
        TURN_CLAIM_TABLE,
        CURE_TABLE,
        CURE_CLAIM_TABLE,
        ELSEWHERE_TABLE,
        ELSEWHERE_CLAIM_TABLE,
        N_STUDY_TABLE,
        N_STUDY_SUMMARY_TABLE,
        DISCREPANCY_TABLE,
        STEP_TABLE,
        SEED_SUMMARY_TABLE,
        FEATURE_TABLE,
        PREDICTION_TABLE,
        PREDICTION_CLAIM_TABLE,
        COEFFICIENT_TABLE,
        COEFFICIENT_SWEEP_TABLE,
        COEFFICIENT_CLAIM_TABLE,
        GAUSSIANS_CLAIM_TABLE,
        SUPERPOSITION_TABLE,
        START_TABLE,
        LLC_TABLE,
        KNOWN_ANSWERS_TABLE,
        VERDICT_TABLE,
        CORRELATION_TABLE,
        CALIBRATION_TABLE,
        CLAIM_TABLE,
    ]


def gaussians_figures(config: Config) -> list[str]:
    """Return the figures of study 1."""
    figures = config.gaussians.figures
    return [
        *(LOSS_VS_N.format(**dict(entry)) for entry in figures.loss_vs_n),
        *(LOSS_AND_COVERAGE.format(**dict(entry)) for entry in figures.loss_and_coverage),
        *(FIT.format(**dict(entry)) for entry in figures.fits),
        N_STUDY,
        LOSS_OVER_SEEDS,
        STEPS,
        ONE_SEED,
        SPECTRA,
        *prediction_figures(config),
        COEFFICIENTS,
        COEFFICIENT_SWEEP,
        TURN,
        CURES,
        ELSEWHERE,
        NEIGHBOURS,
    ]


def prediction_figures(config: Config) -> list[str]:
    """Return the figures of predictions, one per image and recipe that are predicted."""
    runs = config.gaussian_runs(config.gaussians.analysis.prediction.runs)
    return list(dict.fromkeys(PREDICTION.format(**run._asdict()) for run in runs))


def gaussians_animations(config: Config) -> list[str]:
    """Return the animations of study 1, as GIF; the MP4 lies beside each."""
    return [FIT_ANIMATION.format(**dict(entry)) for entry in config.gaussians.figures.fits]


def report_tables() -> dict[str, str]:
    """Return the tables that the written analysis of study 1 rests on, by name."""
    return {
        "claims": GAUSSIANS_CLAIM_TABLE,
        "n_study": N_STUDY_TABLE,
        "n_study_summary": N_STUDY_SUMMARY_TABLE,
        "discrepancies": DISCREPANCY_TABLE,
        "reproducibility": REPRODUCIBILITY_TABLE,
        "steps": STEP_TABLE,
        "seeds_summary": SEED_SUMMARY_TABLE,
        "turn": TURN_TABLE,
        "cures": CURE_TABLE,
        "elsewhere": ELSEWHERE_TABLE,
        "features": FEATURE_TABLE,
        "prediction": PREDICTION_TABLE,
        "llc": COEFFICIENT_TABLE,
    }


def report_figures(config: Config) -> dict[str, str]:
    """Return the figures that the written analysis of study 1 shows, by name."""
    fits = config.gaussians.analysis.neighbours
    return {
        "n_study": N_STUDY,
        "steps": STEPS,
        "one_seed": ONE_SEED,
        "turn": TURN,
        "cures": CURES,
        "neighbours": NEIGHBOURS,
        "film": FIT_ANIMATION.format(**dict(fits) | {"n": fits.middle, "recipe": fits.film}),
        "prediction": prediction_figures(config)[0],
        "spectra": SPECTRA,
        "elsewhere": ELSEWHERE,
        "llc": COEFFICIENTS,
        "llc_sweep": COEFFICIENT_SWEEP,
    }


def superposition_figures(config: Config) -> list[str]:
    """Return the figures of study 2 that need no LLC."""
    patterns = [LOSS_OVER_TRAINING, KGONS_OVER_TRAINING, DIMENSIONALITY_VS_SPARSITY]
    if {"kgon4", "kgon6"} <= set(config.superposition.runs.initialisations):
        patterns.append(KGON4_VS_KGON6)
    return [
        *(pattern.format(variant=v) for pattern in patterns for v in variants(config)),
        *(SNAPSHOTS.format(**model) for model in _drawn_models(config)),
    ]


def superposition_animations(config: Config) -> list[str]:
    """Return the animations of study 2, as GIF; the MP4 lies beside each."""
    return [POLYGONS.format(**model) for model in _drawn_models(config)]


def llc_figures(config: Config) -> list[str]:
    """Return the figures of the LLC."""
    epochs = config.llc.settings[config.llc.drawn].epochs
    return [
        KNOWN_ANSWERS,
        *(LOSS_VS_LLC.format(epoch=e, variant=v) for e, v in product(epochs, variants(config))),
        *(
            pattern.format(variant=v)
            for pattern in (LLC_OVER_TRAINING, LLC_SETTINGS, LLC_VERDICTS)
            for v in variants(config)
        ),
        LLC_CALIBRATION,
        *llc_traces(config, LLC_TRACE_FIGURE),
    ]


def variants(config: Config) -> list[str]:
    """Return the ends of figure names: empty for the drawn number of samples, else _samples{m}."""
    drawn = config.superposition.figures.samples
    return ["", *(f"_samples{m}" for m in config.superposition.runs.samples if m != drawn)]


def known(legal: Mapping[str, str]) -> str:
    """Return a regular expression of everything below results/ that a rule makes.

    Parameters
    ----------
    legal
        Regular expression of the legal values of each wildcard.
    """
    return "|".join(_regex(pattern.removeprefix("results/"), legal) for pattern in _patterns())


def _regex(pattern: str, legal: Mapping[str, str]) -> str:
    literal = re.split(r"\{(\w+)\}", pattern)
    parts = [f"({legal[part]})" if i % 2 else re.escape(part) for i, part in enumerate(literal)]
    # An SVG lies beside each PNG, an MP4 beside each GIF.
    return "".join(parts).replace("png", "(png|svg)").replace("gif", "(gif|mp4)")


def gallery(path: str) -> str:
    """Return where the small copy of a picture goes."""
    return GALLERY.format(name=path.rsplit("/", 1)[-1])


def explain(path: str, config: Config) -> str:
    """Say what exists in place of a path that names nothing.

    Parameters
    ----------
    path
        Path below results/ that no rule can make.
    config
        The configuration in use.

    Returns
    -------
    str
        The legal names of each part of such a path, and the nearest targets.
    """
    images, recipes = " | ".join(config.gaussians.images), " | ".join(config.gaussians.recipes)
    runs = config.superposition.runs
    lines = [
        f"nothing makes {path}. What exists:",
        f"  image: {images}; recipe: {recipes}; n: any number from 1; seed: any number from 0",
        f"  init: {' | '.join(runs.initialisations)}; samples: {_join(runs.samples)}",
        f"  model (a seed of study 2): {_join(runs.seeds)}",
        f"  sparsity: {_join(map(sparsity_name, runs.sparsities))}",
        f"  setting: {_join(config.llc.runs)}",
        f"  epoch: {_join(config.llc.settings[config.llc.drawn].epochs)}",
        "in these paths:",
        *(f"  {pattern}" for pattern in _patterns()),
    ]
    near = get_close_matches(path, everything(config), n=3)
    if near:
        lines.append("nearest: " + ", ".join(near))
    return "\n".join(lines)


def everything(config: Config) -> list[str]:
    """Return every target that the configuration lists."""
    return [
        *gaussians_runs(config),
        *gaussians_features(config),
        *coefficients(config, GAUSSIANS_MINIMUM),
        *coefficients(config),
        *coefficient_sweeps(config),
        *superposition_runs(config),
        *llc_estimates(config),
        *llc_traces(config),
        *tables(config),
        *gaussians_figures(config),
        *superposition_figures(config),
        *llc_figures(config),
        *gaussians_animations(config),
        *superposition_animations(config),
        GAUSSIANS_REPORT,
    ]


def _drawn_models(config: Config) -> list[dict]:
    """Return the models that are drawn as polygons: a plane is needed for them."""
    figures = config.superposition.figures
    return [
        {**run._asdict(), "model": seed}
        for run in config.superposition_runs()
        if run.samples == figures.samples and config.superposition.hidden == 2
        for seed in figures.polygon_seeds
    ]


def _patterns() -> list[str]:
    return sorted(
        value
        for name, value in globals().items()
        if name.isupper() and str(value).startswith("results/") and not value.endswith("/")
    )


def _join(values) -> str:
    return " | ".join(map(str, values))
