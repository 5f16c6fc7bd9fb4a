import os
import re
from datetime import datetime

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from lgi import config as configuration
from lgi import paths, timing
from lgi.errors import LgiError
from lgi.provenance import script_fingerprint

# Scripts run in a fresh interpreter, with `--sdm conda` in an environment that has no lgi.
# pydantic has no plugins here; looking for them among all packages takes 0.01 s of each job.
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        filter(None, [str(workflow.basedir), os.getenv("PYTHONPATH")])
    ),
    PYDANTIC_DISABLE_PLUGINS="__all__",
)

try:
    CONFIG = configuration.check(config)
except LgiError as error:
    raise WorkflowError(str(error))

ENVIRONMENT = "../envs/lgi.yaml"
PUBLISHED = f"{workflow.basedir}/published/n45_55.csv"
PUBLISHED_BROAD = f"{workflow.basedir}/published/broad.csv"
# Only training on CUDA asks for a GPU; a rule that never mentions one runs on any node.
TRAINING_RESOURCES = {"gpu": 1} if CONFIG.device == "cuda" else {}
ENGINE = {"cpu": "_cpu", "cuda": ""}[CONFIG.device]


# Legal values of each wildcard, as regular expressions.
LEGAL = {
    name: "|".join(re.escape(str(value)) for value in values)
    for name, values in {
        "image": CONFIG.gaussians.images,
        "recipe": CONFIG.gaussians.recipes,
        "init": CONFIG.superposition.runs.initialisations,
        "samples": CONFIG.superposition.runs.samples,
        "sparsity": dict.fromkeys(run.sparsity for run in CONFIG.superposition_runs()),
        "setting": CONFIG.llc.runs,
        "epoch": CONFIG.llc.settings[CONFIG.llc.drawn].epochs,
        "variant": paths.variants(CONFIG),
        "model": CONFIG.superposition.runs.seeds,
    }.items()
} | {"n": r"[1-9]\d*", "seed": r"0|[1-9]\d*"}


wildcard_constraints:
    **LEGAL,


def drawn_samples(wildcards):
    """The number of samples that a figure of study 2 shows."""
    figures = CONFIG.superposition.figures
    return int(wildcards.variant.removeprefix("_samples") or figures.samples)


def svg(path):
    """The vector file beside a figure."""
    return path.removesuffix(".png") + ".svg"


def mp4(path):
    """The video beside an animation."""
    return path.removesuffix(".gif") + ".mp4"


def log_of(path):
    """The log of the job that makes a result."""
    return f"logs/{path.removeprefix('results/')}.log"


def source_of(rule, *modules):
    """The fingerprint of the source that the script of a rule depends on."""
    return script_fingerprint(
        f"{workflow.basedir}/workflow_scripts/{rule}.py", *modules
    )


def fit_of(wildcards):
    """The image, recipe and N of a fit, from one wildcard for all or one for each."""
    image, recipe, n = (
        wildcards.fit.split("/")
        if hasattr(wildcards, "fit")
        else (wildcards.image, wildcards.recipe, f"n{wildcards.n}")
    )
    return configuration.GaussianFit(image, recipe, int(n.removeprefix("n")))


def batch_name(seeds):
    """The rule that fits with these seeds; lists that look alike from outside are numbered."""
    outside = [(len(s), s[0], s[-1]) for s in CONFIG.gaussian_batches()]
    place = list(CONFIG.gaussian_batches()).index(seeds)
    again = outside[:place].count(outside[place])
    count, first, last = outside[place]
    name = f"fit_{count}_from_seed_{first}_to_{last}"
    return f"{name}_again_{again}" if again else name


FIT_SOURCE = source_of("fit_gaussians", f"lgi.gaussians.fit{ENGINE}")


def image_file(wildcards):
    """The file that an image is read from, if its run can start; none for a synthetic one."""
    fit = fit_of(wildcards)
    if misfit := configuration.start_misfit(CONFIG, *fit):
        raise WorkflowError(f"{paths.gaussians_fit(fit)}: {misfit}")
    return getattr(CONFIG.gaussians.images[fit.image], "path", [])


def image_settings(wildcards):
    return CONFIG.gaussians.images[fit_of(wildcards).image].model_dump()


def recipe_settings(wildcards):
    return CONFIG.gaussians.recipes[fit_of(wildcards).recipe].model_dump()


def curve_table(wildcards):
    """The table that a figure of loss against N draws, if it has runs of its image and recipe."""
    curve = (wildcards.image, wildcards.recipe)
    if curve not in {(run.image, run.recipe) for run in CONFIG.gaussian_runs()}:
        raise WorkflowError(
            f"gaussians.runs lists no runs of image {curve[0]} with recipe {curve[1]} to draw"
        )
    return paths.GAUSSIANS_TABLE


def coverage_runs(wildcards):
    """The runs that a figure of loss and coverage shows."""
    wanted = paths.LOSS_AND_COVERAGE.format(**wildcards)
    runs = [
        paths.GAUSSIANS_RUN.format(n=n, **wildcards)
        for entry in CONFIG.gaussians.figures.loss_and_coverage
        if paths.LOSS_AND_COVERAGE.format(**dict(entry)) == wanted
        for n in entry.n
    ]
    if not runs:
        raise WorkflowError(
            f"gaussians.figures.loss_and_coverage has no entry for {wanted}"
        )
    return runs


def compared_runs():
    """The runs of the recipes that are compared, and of the reference at the same N and seeds."""
    settings = CONFIG.gaussians.analysis.cures
    runs = CONFIG.gaussian_runs(settings.runs)
    reference = [run._replace(recipe=settings.reference) for run in runs]
    return sorted(map(tuple, {*runs, *reference}))


def compared_recipes():
    """The settings of the recipes that are compared, the reference first."""
    names = [
        CONFIG.gaussians.analysis.cures.reference,
        *sorted({recipe for _, recipe, _, _ in compared_runs()}),
    ]
    return {name: CONFIG.gaussians.recipes[name].model_dump() for name in names}


def reference_runs():
    """All runs of the image and recipe that others are compared with."""
    settings = CONFIG.gaussians.analysis.cures
    return [
        paths.GAUSSIANS_RUN.format(**run._asdict())
        for run in CONFIG.gaussian_runs()
        if (run.image, run.recipe) == (settings.image, settings.reference)
    ]


def n_lists():
    """The numbers of Gaussians of the lists that the N-study compares."""
    study = CONFIG.gaussians.analysis.n_study
    return {part: run_list(getattr(study, part)).n for part in ("fine", "gap", "broad")}


def seed_runs():
    """The numbers of Gaussians and the seeds that are compared over seeds."""
    entry = run_list(CONFIG.gaussians.analysis.seeds.runs)
    return {"numbers": entry.n, "seeds": entry.seeds}


def featured_runs(wildcards):
    """The runs of one image, recipe and N whose features are taken."""
    name = CONFIG.gaussians.analysis.prediction.runs
    wanted = paths.GAUSSIANS_FEATURES.format(**wildcards)
    runs = [
        paths.GAUSSIANS_RUN.format(**run._asdict())
        for run in CONFIG.gaussian_runs(name)
        if paths.GAUSSIANS_FEATURES.format(**run._asdict()) == wanted
    ]
    if not runs:
        raise WorkflowError(f"gaussians.runs: list {name} has no runs for {wanted}")
    return runs


def predicted_table(wildcards):
    """The table that a figure of predictions draws, if it has runs of its image and recipe."""
    wanted = paths.PREDICTION.format(**wildcards)
    if wanted not in paths.prediction_figures(CONFIG):
        name = CONFIG.gaussians.analysis.prediction.runs
        raise WorkflowError(f"gaussians.runs: list {name} has no runs for {wanted}")
    return paths.PREDICTION_TABLE


def run_list(name):
    """An entry of gaussians.runs."""
    return next(entry for entry in CONFIG.gaussians.runs if entry.name == name)


def linked_figures():
    """The figures of the written analysis of study 1, as paths from where it lies."""
    figures = paths.report_figures(CONFIG)
    folder = os.path.dirname(paths.GAUSSIANS_REPORT)
    return {name: os.path.relpath(path, folder) for name, path in figures.items()}


def initialisation_settings(wildcards):
    return CONFIG.superposition.initialisations[wildcards.init].model_dump()


def exact_sparsity(wildcards):
    return CONFIG.sparsity(wildcards.sparsity)


def llc_settings(wildcards):
    return CONFIG.llc.settings[wildcards.setting].model_dump()


def calibrated_settings():
    """The settings that the calibration varies, by name."""
    calibration = CONFIG.llc.calibration
    names = sorted({calibration.reference, *calibration.step_size})
    return {name: CONFIG.llc.settings[name].model_dump() for name in names}


def calibration_sweep():
    """The values that the calibration tries."""
    return CONFIG.llc.calibration.model_dump(exclude={"reference", "models"})


def coefficient_settings():
    """The settings with which learning coefficients of fits are estimated, by name."""
    settings = CONFIG.gaussians.analysis.llc.settings
    return {name: setting.model_dump() for name, setting in settings.items()}


def gallery_source(wildcards):
    """The picture that a copy is made of."""
    copies = {paths.gallery(path): path for path in CONFIG.gallery}
    return copies[f"docs/gallery/{wildcards.name}"]


def refuse(wildcards):
    """The end of every path below results/ that names nothing."""
    raise WorkflowError(paths.explain(f"results/{wildcards.anything}", CONFIG))


def report_times():
    """Say how long each part of this run took."""
    elapsed = (datetime.now() - workflow.start_time).total_seconds()
    if text := timing.table(timing.finished_jobs(workflow), elapsed):
        logger.info(text)
