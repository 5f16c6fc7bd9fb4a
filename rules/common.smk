import os
import re

from snakemake.exceptions import WorkflowError

from lgi import config as configuration
from lgi import paths
from lgi.errors import LgiError
from lgi.provenance import script_fingerprint

# Scripts run in a fresh interpreter, with `--sdm conda` in an environment that has no lgi.
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        filter(None, [str(workflow.basedir), os.getenv("PYTHONPATH")])
    )
)

try:
    CONFIG = configuration.check(config)
except LgiError as error:
    raise WorkflowError(str(error))

ENVIRONMENT = "../envs/lgi.yaml"
PUBLISHED = f"{workflow.basedir}/published/n45_55.csv"
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


def image_file(wildcards):
    """The file that an image is read from; none for a synthetic one."""
    return getattr(CONFIG.gaussians.images[wildcards.image], "path", [])


def image_settings(wildcards):
    return CONFIG.gaussians.images[wildcards.image].model_dump()


def recipe_settings(wildcards):
    return CONFIG.gaussians.recipes[wildcards.recipe].model_dump()


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


def gallery_source(wildcards):
    """The picture that a copy is made of."""
    copies = {paths.gallery(path): path for path in CONFIG.gallery}
    return copies[f"docs/gallery/{wildcards.name}"]


def refuse(wildcards):
    """The end of every path below results/ that names nothing."""
    raise WorkflowError(paths.explain(f"results/{wildcards.anything}", CONFIG))
