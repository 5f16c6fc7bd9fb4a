"""Results on the learning coefficients of study 2's models."""

from collections.abc import Iterable, Mapping
from typing import Any

from lgi.catalogue import FIGURES, ROOT, TABLES, Result
from lgi.llc.duration import gradients
from lgi.superposition.llc.settings import Chosen, snapshots
from lgi.superposition.selection import State
from lgi.superposition.training.results import (
    RUN_FILE,
    TABLE,
    each_variant,
    run_files,
    sparsity,
)

_RUN = "{init}/samples{samples}/sparsity{sparsity}"
_MODEL = "{setting}/" + _RUN + "_seed{seed}_epoch{epoch}"
ESTIMATE = ROOT + "llc/superposition/{setting}/" + _RUN + ".csv"
TRACE = ROOT + "llc/superposition/traces/" + _MODEL + ".nc"
LLC = TABLES + "superposition_llc.csv"
CORRELATION = TABLES + "superposition_llc_correlation.csv"
STATUS = TABLES + "superposition_llc_status.csv"
CALIBRATION = TABLES + "superposition_llc_calibration.csv"
RESOLUTION = TABLES + "superposition_llc_resolution.csv"


def estimates(config: Any, *settings: str, samples: int | None = None) -> list[str]:
    """Return the tables of estimates of some settings, or of one number of samples alone."""
    return [path for _, path in _named(config, settings, samples)]


def wildcards(config: Any) -> dict:
    """Return the legal values of each wildcard that is of the LLC alone."""
    llc = config.superposition.llc
    return {"setting": llc.runs, "epoch": llc.epochs(config)}


def states(config: Any, chosen: Iterable[Chosen], epochs: list[int]) -> list[State]:
    """Return the states that some choices name, each once."""
    study = config.superposition
    found = (state for one in chosen for state in one.among(study.runs, study.drawn, epochs))
    return list(dict.fromkeys(found))


def calibrated(config: Any) -> list[State]:
    """Return the states of which settings are varied."""
    return states(config, config.superposition.llc.calibration.models, snapshots(config))


def calibrated_runs(config: Any) -> list[str]:
    """Return the run file of each of them."""
    return [RUN_FILE.format(**state._asdict()) for state in calibrated(config)]


def setting(config: Any, name: str) -> dict:
    """Return the setting of an estimate; in a mapping, since Snakemake compares plain types."""
    return {"setting": config.superposition.llc.estimated(config)[name]}


GRADIENT = 4e-7
"""Seconds that a gradient of one model takes on one core."""


def _seconds(config: Any, wildcards: Any) -> float:
    study = config.superposition
    estimate = study.llc.estimated(config)[wildcards.setting]
    return len(study.runs.seeds) * estimate.epochs.most * gradients(estimate) * GRADIENT


def calibration(config: Any) -> dict:
    """Return what a calibration varies, and how."""
    llc = config.superposition.llc
    return {"settings": llc.calibration.varied(llc.settings), "calibration": llc.calibration}


def resolved(config: Any) -> list[State]:
    """Return the states that are seen at many scales."""
    return states(config, config.superposition.llc.resolution.models, snapshots(config))


def resolved_runs(config: Any) -> list[str]:
    """Return the run file of each of them."""
    return [RUN_FILE.format(**state._asdict()) for state in resolved(config)]


def resolution(config: Any) -> dict:
    """Return at which scales, and with which setting."""
    llc = config.superposition.llc
    name = llc.resolution.setting
    return {"settings": {name: llc.settings[name]}, "resolution": llc.resolution}


def _named(
    config: Any, settings: Iterable[str], samples: int | None = None
) -> list[tuple[str, str]]:
    """Return the name of the setting and the path of each table of estimates."""
    return [
        (setting, ESTIMATE.format(setting=setting, **run._asdict()))
        for setting in settings
        for run in config.superposition.runs.runs()
        if samples in (None, run.samples)
    ]


def _each_run(config: Any) -> list[dict]:
    settings, runs = config.superposition.llc.runs, config.superposition.runs.runs()
    return [{"setting": setting} | run._asdict() for setting in settings for run in runs]


def _each_trace(config: Any) -> list[dict]:
    llc = config.superposition.llc
    found = (
        (trace.setting, state)
        for trace in llc.traces
        for state in states(config, [trace], llc.epochs(config))
    )
    return [{"setting": name} | state._asdict() for name, state in dict.fromkeys(found)]


def _each_epoch(config: Any) -> list[dict]:
    epochs = config.superposition.llc.epochs(config)
    return [{"epoch": epoch} | variant for epoch in epochs for variant in each_variant(config)]


def _samples(config: Any, wildcards: Mapping[str, str]) -> int:
    return config.superposition.variants[wildcards["variant"]]


def _files(config: Any, wildcards: Mapping[str, str], settings: Iterable[str]) -> dict:
    """Return the estimates of some settings with the samples that a variant shows."""
    return {"estimates": estimates(config, *settings, samples=_samples(config, wildcards))}


def _shown(config: Any, wildcards: Mapping[str, str], settings: Iterable[str]) -> dict:
    """Return what a figure of them needs to know: the setting of each file, and the samples."""
    samples = _samples(config, wildcards)
    names = [name for name, _ in _named(config, settings, samples)]
    return {"settings": names, "samples": samples}


def _drawn_files(config: Any, wildcards: Mapping[str, str]) -> dict:
    return _files(config, wildcards, [config.superposition.llc.drawn])


def _drawn_shown(config: Any, wildcards: Mapping[str, str]) -> dict:
    return _shown(config, wildcards, [config.superposition.llc.drawn])


def look(config: Any) -> dict:
    """Return what figures of them need to know beside: display names, and the end of the axis."""
    study = config.superposition
    features = study.data.features
    return {"names": study.names, "highest": features * (study.hidden + 1) / 2}


def _named_settings(config: Any, wildcards: Mapping[str, str]) -> dict:
    return {"names": config.superposition.names}


RESULTS = (
    Result(
        rule="estimate_superposition_llc",
        output=ESTIMATE,
        purpose="Estimate the LLC of every model of one run file at the listed epochs.",
        record={"": lambda config, _: {}, "setting": setting},
        seconds=_seconds,
        on_card=True,
        wanted=_each_run,
        groups=("llc",),
    ),
    Result(
        rule="trace_superposition_llc",
        output=TRACE,
        purpose="Keep the chains of one estimate, as ArviZ has them, in NetCDF.",
        record={"": lambda config, _: {}, "setting": setting, "sparsity": sparsity},
        on_card=True,
        wanted=_each_trace,
        groups=("llc",),
    ),
    Result(
        rule="calibrate_superposition_llc",
        output=CALIBRATION,
        purpose="Estimate the LLC of a few models while one value of the setting varies at a time.",
        on_card=True,
        groups=("llc",),
        labels={"what": "calibration of the LLC"},
    ),
    Result(
        rule="resolve_superposition_llc",
        output=RESOLUTION,
        purpose="Estimate the LLC of a few models at larger and smaller scales of nβ and γ.",
        on_card=True,
        groups=("llc",),
        labels={"what": "resolution curves of the LLC"},
    ),
    Result(
        rule="collect_superposition_llc",
        output={"llc": LLC, "correlation": CORRELATION, "status": STATUS},
        purpose="Gather the estimates of the LLC, how they go with the loss, and their status.",
        make="lgi.superposition.llc.tables:tables",
        inputs=lambda config, wildcards: {
            "superposition": TABLE,
            "estimates": estimates(config, *config.superposition.llc.runs),
        },
        settings=lambda config, wildcards: {
            "settings": [name for name, _ in _named(config, config.superposition.llc.runs)]
        },
        groups=("llc",),
        labels={"what": "LLC, its correlation with the loss, its status"},
    ),
    Result(
        rule="llc_and_loss",
        output={"both": TABLES + "llc_and_loss_epoch_{epoch}{variant}.csv"},
        purpose="Tabulate and draw loss against LLC at one epoch, a panel per start.",
        make="lgi.superposition.llc.tables:losses_and_llc",
        draw={FIGURES + "llc_and_loss_epoch_{epoch}{variant}.png": "lgi.llc.figures:loss_vs_llc"},
        inputs=lambda config, wildcards: (
            {"runs": run_files(config, _samples(config, wildcards))}
            | _drawn_files(config, wildcards)
        ),
        settings=lambda config, wildcards: (
            {"epoch": int(wildcards["epoch"])} | _drawn_shown(config, wildcards) | look(config)
        ),
        wanted=_each_epoch,
        groups=("llc",),
        labels={"what": "loss against LLC, epoch {epoch}", "variant": "{variant}"},
        caption="Whether a lower loss goes with a higher or a lower coefficient among the seeds of "
        "one sparsity: Spearman's correlation ρ beside each panel, of the n seeds whose estimate "
        "is ok. A panel per start, a colour per sparsity, a point per seed, a curve through the "
        "medians of the ok. The axes are those of every epoch. Hollow points are estimates that "
        "are not ok, arrows lie beyond the axes: their values are no coefficients.",
    ),
    Result(
        rule="llc_over_training",
        output={"llc": TABLES + "llc_over_training{variant}.csv"},
        purpose="Tabulate and draw the LLC along training: median and spread per sparsity.",
        make="lgi.superposition.llc.tables:gathered",
        draw={FIGURES + "llc_over_training{variant}.png": "lgi.llc.figures:llc_over_training"},
        inputs=_drawn_files,
        settings=lambda config, wildcards: _drawn_shown(config, wildcards) | look(config),
        wanted=each_variant,
        groups=("llc",),
        labels={"what": "LLC over training", "variant": "{variant}"},
        caption="How the coefficient changes along training, and where there is none. A panel per "
        "start, a colour per sparsity; full: median and quartiles of the seeds whose estimate is "
        "ok, where five or more are; hollow: the median of all where fewer are, an arrow where it "
        "lies beyond the axis, which ends a quarter beyond 0 and half the number of parameters.",
    ),
    Result(
        rule="llc_settings",
        output={"llc": TABLES + "llc_settings{variant}.csv"},
        purpose="Tabulate and draw the LLC along training for every estimated setting.",
        make="lgi.superposition.llc.tables:gathered",
        draw={FIGURES + "llc_settings{variant}.png": "lgi.llc.figures:llc_settings"},
        inputs=lambda config, wildcards: _files(config, wildcards, config.superposition.llc.runs),
        settings=lambda config, wildcards: (
            _shown(config, wildcards, config.superposition.llc.runs) | look(config)
        ),
        wanted=each_variant,
        groups=("llc",),
        labels={"what": "settings side by side", "variant": "{variant}"},
        caption="What the setting of the estimator changes: the value, and whether there is one. A "
        "row per setting, a column per start; full: median and quartiles of the seeds whose "
        "estimate is ok, where five or more are; hollow: the median of all where fewer are, an "
        "arrow where it lies beyond the axis.",
    ),
    Result(
        rule="llc_status",
        output={"shares": TABLES + "llc_status{variant}.csv"},
        purpose="Tabulate and draw the share of each status by setting and epoch.",
        make="lgi.superposition.llc.tables:shares",
        draw={FIGURES + "llc_status{variant}.png": "lgi.llc.figures:llc_status"},
        inputs=lambda config, wildcards: _files(config, wildcards, config.superposition.llc.runs),
        settings=lambda config, wildcards: (
            _shown(config, wildcards, config.superposition.llc.runs)
            | {"drawn": config.superposition.llc.drawn, "names": config.superposition.names}
        ),
        wanted=each_variant,
        groups=("llc",),
        labels={"what": "share of each status", "variant": "{variant}"},
        caption="How many estimates are coefficients, and why the others are none. Left: the share "
        "of each status among all models of a setting at an epoch (not a minimum: w* is none; not "
        "local: chains leave its surroundings; biased step and not converged: the chains are not "
        "to be trusted). Right: the share of ok by start and sparsity, of the setting that figures "
        "draw, at its last epoch.",
    ),
    Result(
        rule="plot_llc_calibration",
        output=FIGURES + "llc_calibration.png",
        purpose="Draw plateau, bias and acceptance of the LLC against the estimator's settings.",
        make="lgi.llc.figures:llc_calibration",
        inputs={"table": CALIBRATION},
        settings=lambda config, wildcards: look(config),
        groups=("llc",),
        labels={"what": "calibration"},
        caption="Over which range of a setting the estimate stays what it is, and where it breaks. "
        "First, against the step size: the estimate beside that of long unbiased chains, its "
        "difference from it, and the mean acceptance. Then the unbiased estimate against "
        "localisation, nβ and n, dotted at the values in use. At last bias and effective sample "
        "size against the length of the chains, in units of the setting's own. A colour is a "
        "model; error bars are standard errors; hollow points are not ok, arrows lie beyond.",
    ),
    Result(
        rule="plot_llc_resolution",
        output=FIGURES + "superposition_llc_resolution.png",
        purpose="Draw the LLC of a few models against the scale at which they are seen.",
        make="lgi.superposition.llc.figures:resolution",
        inputs={"curves": RESOLUTION},
        settings=_named_settings,
        groups=("llc",),
        labels={"what": "resolution curves"},
        caption="At which scales a model's coefficient does not depend on the scale: the ringed "
        "points. The estimate against nβ with γ in proportion, a panel per sparsity and number of "
        "samples, a colour per start. Lines are the Hessian's value, which does not depend on the "
        "scale; error bars two standard errors; hollow points are not ok; rings stand where "
        "an estimate is ok and stays what it is over a decade of nβ in both directions.",
    ),
    Result(
        rule="superposition_llc_locality",
        output=TABLES + "superposition_llc_locality.csv",
        purpose="Tabulate and draw whether chains from different models on the same data agree.",
        make="lgi.superposition.llc.locality:locality",
        draw={FIGURES + "superposition_llc_locality.png": "lgi.superposition.llc.figures:locality"},
        inputs={"llc": LLC},
        settings=lambda config, wildcards: {
            "features": config.superposition.data.features,
            "settings": config.superposition.llc.locality,
            "names": config.superposition.names,
        },
        groups=("llc",),
        labels={"what": "locality between models"},
        caption="Whether an estimate speaks of its own minimum: low lines say that it does. "
        "Above: of pairs of models trained from different starts on the same data, whose "
        "minima lie far apart in nβ L, the share whose chains have the same E[L] within two "
        "standard errors; bars are intervals over seeds. Below: the share of the variance of the "
        "estimate among models on the same data that -nβ L(w*) is, 0 or less drawn at 0. At "
        "the last epoch.",
    ),
    Result(
        rule="superposition_llc_stability",
        output=TABLES + "superposition_llc_stability.csv",
        purpose="Tabulate and draw which polygons chains leave, and for which.",
        make="lgi.superposition.llc.stability:stability",
        draw={
            FIGURES + "superposition_llc_stability.png": "lgi.superposition.llc.figures:stability"
        },
        inputs={"llc": LLC},
        settings=lambda config, wildcards: {
            "falls": {
                name: setting.thresholds.fall
                for name, setting in config.superposition.llc.estimated(config).items()
                if setting.thresholds.fall is not None
            },
            "names": config.superposition.names,
        },
        groups=("llc",),
        labels={"what": "stability of polygons"},
        caption="Which polygons hold the chains that start on them. Share of the states on a "
        "polygon whose chains do not leave it: below their lowest draw lies no minimum on another "
        "polygon that is deeper by more than the threshold. The numbers are how many states there "
        "are. At the last epoch.",
    ),
    Result(
        rule="plot_llc_trace",
        output=FIGURES + "llc_trace/" + _MODEL + ".png",
        purpose="Draw the chains of one estimate and their running means.",
        make="lgi.llc.figures:llc_trace",
        inputs={"trace": TRACE, "estimates": ESTIMATE},
        settings=lambda config, wildcards: (
            {"names": config.superposition.names}
            | {k: v for k, v in wildcards.items() if k == "setting"}
        ),
        wanted=_each_trace,
        groups=("llc",),
        labels={
            "what": "chains, {setting} setting",
            "start": "{init}",
            "sparsity": "{sparsity}",
            "seed": "{seed}",
            "epoch": "{epoch}",
        },
        caption="Whether the chains of one estimate stay together and on one level: nβ (L - "
        "L(w*)) of every kept draw, and below the running mean of each chain and of all together "
        "after the burn-in, the last of which is the estimate.",
    ),
)
