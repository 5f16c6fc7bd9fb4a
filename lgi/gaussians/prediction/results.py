"""Results of study 1 that say what a fit is like, and what of it predicts how well it does."""

from collections.abc import Mapping
from typing import Any

from lgi.catalogue import FIGURES, ROOT, TABLES, Result
from lgi.errors import ConfigError
from lgi.gaussians.fits.results import fit_path

OF_N = ROOT + "gaussians/features/{image}/{recipe}/n{n}.csv"
FEATURES = TABLES + "gaussians_features.csv"
PREDICTION = TABLES + "gaussians_prediction.csv"
PLANTED = TABLES + "gaussians_prediction_planted.csv"
SPECTRA = {
    "values": TABLES + "gaussians_spectra.csv",
    "summary": TABLES + "gaussians_spectra_summary.csv",
}
FIGURE = FIGURES + "gaussians/prediction/{image}/{recipe}.png"
SPECTRA_FIGURE = FIGURES + "gaussians_spectra.png"


def _chosen(config: Any, wildcards: Mapping) -> list:
    """Return the predicted fits that wildcards name."""
    prediction, lists = config.gaussians.prediction, config.gaussians.runs
    found = [
        fit
        for fit in prediction.fits(lists)
        if all(str(getattr(fit, name)) == str(value) for name, value in wildcards.items())
    ]
    if not found:
        named = ", ".join(f"{name} {value}" for name, value in wildcards.items())
        raise ConfigError(f"gaussians.runs: list {prediction.runs} has no runs of {named}")
    return found


def _distinct(*names: str):
    """Return the function that asks for a result once for each value of some wildcards."""

    def wanted(config: Any) -> list[dict]:
        fits = config.gaussians.prediction.fits(config.gaussians.runs)
        values = dict.fromkeys(tuple(getattr(fit, name) for name in names) for fit in fits)
        return [dict(zip(names, value, strict=True)) for value in values]

    return wanted


_OF_EACH_N, _OF_EACH_RECIPE = _distinct("image", "recipe", "n"), _distinct("image", "recipe")


def _of_n(config: Any, wildcards: Mapping) -> dict:
    return {"fits": [fit_path(fit) for fit in _chosen(config, wildcards)]}


def _all_n(config: Any, wildcards: Mapping) -> dict:
    return {"tables": [OF_N.format(**values) for values in _OF_EACH_N(config)]}


def _settings(config: Any, wildcards: Mapping) -> dict:
    known = {"confidence", "ridge", "least", "planted", "seed"}
    return config.gaussians.prediction.model_dump(include=known)


def _drawn(config: Any, wildcards: Mapping) -> dict:
    drawn = config.gaussians.prediction.drawn(config.gaussians.runs)
    return {"fits": [fit_path(fit) for fit in drawn], "features": FEATURES}


def _drawn_kind(config: Any, wildcards: Mapping) -> dict:
    first = config.gaussians.prediction.drawn(config.gaussians.runs)[0]
    return {"image": first.image, "recipe": first.recipe, "names": config.gaussians.names}


def _predicted(config: Any, wildcards: Mapping) -> dict:
    _chosen(config, wildcards)  # refuses what is not predicted
    return {"table": PREDICTION}


def _skills(config: Any, wildcards: Mapping) -> dict:
    study = config.gaussians
    return {**wildcards, "least": study.prediction.least, "names": study.names}


RESULTS = (
    Result(
        "measure_features",
        OF_N,
        "Tabulate what the fits of one N are like at their start, best and end.",
        make="lgi.gaussians.prediction.features:table",
        seconds=lambda *_: 3.0,
        inputs=_of_n,
        wanted=_OF_EACH_N,
    ),
    Result(
        "collect_features",
        FEATURES,
        "Gather the features of all N into one table.",
        make="lgi.gaussians.prediction.features:gather",
        inputs=_all_n,
        labels={"table": "features of fits"},
    ),
    Result(
        "predict_fits",
        {"table": PREDICTION, "planted": PLANTED},
        "Tabulate how well features predict the best loss, and where fits do worse than at N - 1; "
        "and how often predictors of known skill are found.",
        make="lgi.gaussians.prediction.power:tables",
        seconds=lambda *_: 10.0,
        inputs={"features": FEATURES},
        settings=_settings,
        labels={"table": "what predicts a fit"},
    ),
    Result(
        "spectra",
        SPECTRA,
        "Tabulate the singular values of a few fits, and what becomes of them in all.",
        make="lgi.gaussians.prediction.spectra:tables",
        draw={SPECTRA_FIGURE: "lgi.gaussians.prediction.figures:spectra"},
        inputs=_drawn,
        settings=_drawn_kind,
        labels={"figure": "singular values of the Jacobian"},
        caption="How the directions that change the image become fewer along training: singular "
        "values of the derivative of the image by the trained parameters, at the start, the best "
        "and the end of a fit. Above, of a few fits, in units of the largest: below the dotted "
        "line a value counts as 0, and its direction is null, since moving along it does not "
        "change the image. Below, of many fits: the condition number without null directions, the "
        "effective rank (exp of the entropy of the singular values) per parameter, and the share "
        "of null directions.",
    ),
    Result(
        "plot_prediction",
        FIGURE,
        "Draw how well each feature predicts, by state.",
        make="lgi.gaussians.prediction.figures:skills",
        inputs=_predicted,
        settings=_skills,
        wanted=_OF_EACH_RECIPE,
        labels={"figure": "what predicts a fit", "recipe": "{recipe}", "image": "{image}"},
        caption="Which features tell how well a fit does, on seeds that were not learnt from: "
        "those with a joint interval above chance, all features together, and N alone; of the "
        "others their number is said. Best loss: the share of the squared error that a predictor "
        "saves against the mean alone, and beyond N against a line through N. Worse than at N - "
        "1: the same of whether a fit does worse than the one of its seed with a Gaussian less, "
        "from a feature's value at N and from its change; and how often, of two steps of a seed, "
        "the one that does worse is told (AUC; its sign is learnt too, so that what says nothing "
        "has a wide interval). Intervals hold for all predictors of a state together. The state "
        "at the best or end is known only after training: it explains, but does not predict.",
    ),
)
