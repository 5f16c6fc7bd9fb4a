"""Results that make the published pictures of study 2 again."""

from collections.abc import Mapping
from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.superposition.llc.results import ESTIMATE, look
from lgi.superposition.training.results import RUN_FILE

PUBLISHED = "published/superposition_scatter.csv"
"""Quantiles that were read off the pictures of the original study."""
COMPARISON = TABLES + "superposition_published.csv"
_TABLE = "lgi.superposition.published.table:"
_DRAW = "lgi.superposition.published.figures:"


def _inputs(config: Any, wildcards: Mapping[str, str]) -> dict:
    study = config.superposition
    shown = {(panel.init, panel.samples) for panel in study.published_panels}
    runs = [run._asdict() for run in study.runs.runs() if (run.init, run.samples) in shown]
    setting = study.published.setting
    return {
        "runs": [RUN_FILE.format(**run) for run in runs],
        "estimates": [ESTIMATE.format(setting=setting, **run) for run in runs],
        "published": PUBLISHED,
    }


def _settings(config: Any, wildcards: Mapping[str, str]) -> dict:
    study = config.superposition
    estimates = _inputs(config, wildcards)["estimates"]
    return {
        "settings": [study.published.setting] * len(estimates),
        "panels": study.published_panels,
    }


def _posterior(config: Any) -> str:
    """Return nβ, γ and ε of the setting, for an axis."""
    study = config.superposition
    setting = study.llc.settings[study.published.setting]
    sizes = [panel.samples for panel in study.published_panels]
    samples = [setting.data.samples] if setting.data else sizes
    n_beta = ", ".join(dict.fromkeys(f"{setting.n_beta(n):.1f}" for n in samples))
    step = f"ε = {setting.sampler.step_size:g}"
    return f"nβ = {n_beta}, γ = {setting.localisation:g}, {step}, mean squared error"


def _each_epoch(config: Any) -> list[dict]:
    study = config.superposition
    epochs = study.published_epochs if study.published_panels else []
    return [{"published_epoch": epoch} for epoch in epochs]


def _whole_study(config: Any) -> list[dict]:
    study = config.superposition
    made = set(study.published.epochs) <= set(study.published_epochs)
    return [{}] if made and study.published_panels else []


RESULTS = (
    Result(
        rule="loss_vs_llc",
        output={"both": TABLES + "loss_vs_llc_epoch_{published_epoch}.csv"},
        purpose="Tabulate and draw loss against LLC at one epoch as published.",
        make=_TABLE + "points",
        draw={FIGURES + "loss_vs_llc_epoch_{published_epoch}.png": _DRAW + "loss_vs_llc"},
        inputs=_inputs,
        settings=lambda config, wildcards: (
            {"epoch": int(wildcards["published_epoch"]), "posterior": _posterior(config)}
            | _settings(config, wildcards)
            | look(config)
        ),
        wanted=_each_epoch,
        groups=("llc",),
        labels={"what": "loss against LLC as published, epoch {published_epoch}"},
        caption="Whether our models, estimated as published, lie where the original's lie: crosses "
        "are its 10 % and 90 % quantiles, meeting at the medians. A panel per start with the "
        "training samples it had there, a colour per sparsity, a point per seed, on the axes of "
        "every epoch; arrows lie beyond, where a value is no coefficient. Spearman's ρ is that of "
        "all n seeds of a sparsity, whatever the status of their estimates.",
    ),
    Result(
        rule="compare_published",
        output={"table": COMPARISON},
        purpose="Compare loss and LLC with the published quantiles, cell by cell.",
        make=_TABLE + "comparison",
        draw={FIGURES + "superposition_published.png": _DRAW + "differences"},
        inputs=_inputs,
        settings=lambda config, wildcards: (
            {"epochs": config.superposition.published_epochs} | _settings(config, wildcards)
        ),
        wanted=_whole_study,
        groups=("llc",),
        labels={"what": "difference from what was published"},
        caption="Where our models differ from the published ones: points outside the grey band, "
        "which is two standard errors wide on both sides. Our medians of loss and LLC less the "
        "published, per panel, epoch and sparsity.",
    ),
)
