"""Results of study 1 on how the best loss depends on N."""

from collections.abc import Mapping
from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.gaussians.fits.results import PUBLISHED, fit_path
from lgi.gaussians.selection import RunList

N_STUDY = TABLES + "gaussians_n_study.csv"
N_STUDY_SUMMARY = TABLES + "gaussians_n_study_summary.csv"
DISCREPANCIES = TABLES + "gaussians_discrepancies.csv"
SEEDS = TABLES + "gaussians_seeds.csv"
STEPS = TABLES + "gaussians_steps.csv"
FRESH_STEPS = TABLES + "gaussians_fresh_steps.csv"
SEEDS_SUMMARY = TABLES + "gaussians_seeds_summary.csv"
N_STUDY_FIGURE = FIGURES + "gaussians_n_study.png"
LOSS_OVER_SEEDS_FIGURE = FIGURES + "gaussians_loss_over_seeds.png"
STEPS_FIGURE = FIGURES + "gaussians_steps.png"
ONE_SEED_FIGURE = FIGURES + "gaussians_one_seed.png"
PUBLISHED_BROAD = "published/broad.csv"


def _of_the_original(config: Any, wildcards: Mapping[str, str]) -> dict:
    lists = config.gaussians.n_study.lists(config.gaussians)
    fits = sorted({fit for entry in lists.values() for fit in entry.fits()})
    paths = [fit_path(fit) for fit in fits]
    return {"fits": paths, "published": PUBLISHED, "broad": PUBLISHED_BROAD}


def _of_many_seeds(config: Any, wildcards: Mapping[str, str]) -> dict:
    study, fresh = config.gaussians, _fresh(config)
    lists = [study.run_list(study.n_study.seeds.runs), *([fresh] if fresh else [])]
    return {"fits": [fit_path(fit) for fit in sorted(fit for one in lists for fit in one.fits())]}


def _fresh(config: Any) -> RunList | None:
    """Return the list on which what the original says is tried, on its own image."""
    study = config.gaussians
    return study.run_list(study.original.fresh) if study.of_the_original else None


RESULTS = (
    Result(
        "n_study",
        {"table": N_STUDY, "summary": N_STUDY_SUMMARY, "discrepancies": DISCREPANCIES},
        "Tabulate the N-study of the original, and where it and its own table disagree.",
        "lgi.gaussians.n_study.table:tables",
        draw={N_STUDY_FIGURE: "lgi.gaussians.n_study.figures:n_study"},
        inputs=_of_the_original,
        settings=lambda config, _: {
            "lists": config.gaussians.n_study.lists(config.gaussians),
            "settings": config.gaussians.n_study,
            "original": config.gaussians.original,
            "tiers": config.gaussians.n_study.tiers,
            "seed": config.gaussians.original.seed,
        },
        labels={"figure": "N-study"},
        caption="How loss, iteration of the best and cost go with N for the original's seed alone. "
        "The N-study of the original, made again: every run; the numbers that describe it; and "
        "what the original states beside what its own table says and what is measured here with "
        "its seed. A statement that its table does not bear out has agrees False.",
    ),
    Result(
        "n_over_seeds",
        {"seeds": SEEDS, "table": STEPS, "summary": SEEDS_SUMMARY, "fresh": FRESH_STEPS},
        "Tabulate what each step from N - 1 to N does over many seeds, and what one seed can tell.",
        "lgi.gaussians.n_study.seeds:tables",
        draw={
            LOSS_OVER_SEEDS_FIGURE: "lgi.gaussians.n_study.figures:loss_over_seeds",
            STEPS_FIGURE: "lgi.gaussians.n_study.figures:steps",
            ONE_SEED_FIGURE: "lgi.gaussians.n_study.figures:one_seed",
        },
        inputs=_of_many_seeds,
        settings=lambda config, _: {
            "entry": config.gaussians.run_list(config.gaussians.n_study.seeds.runs),
            "fresh_entry": _fresh(config),
            "settings": config.gaussians.n_study.seeds,
            "original": config.gaussians.original.seed,
            "tolerance": config.gaussians.n_study.tolerance,
            "claimed": config.gaussians.original.worse if config.gaussians.of_the_original else [],
            "confidence": config.gaussians.n_study.seeds.confidence,
        },
        labels={"table": "N over many seeds"},
        caption="What holds over many seeds of what one seed shows. Many seeds for each N: every "
        "loss, what each step from N - 1 to N does to it, and the numbers that describe them. "
        "Best loss against N, a thin line per seed. The broad line is their mean, with an "
        "interval for it; the one with diamonds is the seed that the original's statements rest "
        "on. What one more Gaussian does to the best loss. Above, the difference for each seed, "
        "and the mean over seeds with its interval; full marks differ from 0 after correction for "
        "the number of steps. Shaded, on its own image, are the N that the original says do worse "
        "than one fewer, diamonds its seed, squares the mean over fresh seeds. Below, the share "
        "of seeds that do worse, with its interval, and what it would be if all steps were alike. "
        "What one seed tells of N. On the left, how often it has two N in the order of the mean "
        "of the other seeds. On the right, how far its losses and its steps from N to N agree "
        "with theirs, how often its best N is theirs, and how much of the ups and downs of a "
        "curve is due to N.",
    ),
)
