import math
import os
import re
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from lgi import cache as compiled_code

# Before numba is imported; jobs that this process starts inherit the folder and say nothing.
if said := compiled_code.settle():
    logger.warning(said)

from lgi import config as configuration
from lgi import __version__ as version
from lgi import batches, checkpoints, devices, sessions, spent, timing
from lgi.catalogue import COPY, ROOT, Catalogue, copies, copy_name, sums
from lgi.errors import LgiError
from lgi.folders import check_folders
from lgi.jobs import Parameter
from lgi.provenance import compiled_fingerprint, source_fingerprint
from lgi.runs import SUM
from lgi.slurm import check_accounting, outlast_outages
from lgi.studies import STUDIES

# Scripts run in a fresh interpreter, with `--sdm conda` in an environment that has no lgi.
# pydantic has no plugins here; looking for them among all packages takes 0.01 s of each job.
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        filter(None, [str(workflow.basedir), os.getenv("PYTHONPATH")])
    ),
    PYDANTIC_DISABLE_PLUGINS="__all__",
)

# The folder and the content of each configuration file; the command line comes last.
CONFIG_PATHS = [f"{workflow.basedir}/config.yaml", *workflow.overwrite_configfiles]
CONFIG_FILES = [(Path(path).parent, load_configfile(path)) for path in CONFIG_PATHS]
CONFIG_FILES.append((os.curdir, workflow.config_settings.config))

try:
    if workflow.is_main_process:
        check_folders()
        checkpoints.interval()
        batches.job_seconds()
        for path in CONFIG_PATHS:
            configuration.check_keys(path)
    CONFIG = configuration.check(config, CONFIG_FILES)
except LgiError as error:
    raise WorkflowError(str(error))

sessions.keep(workflow)

CATALOGUE = Catalogue(STUDIES, CONFIG)
# The report's texts look them up here: captions by rule, as plain words.
config["told"] = {
    "captions": {
        result.rule: re.sub(r"([\\*`|_])", r"\\\1", result.caption or result.purpose)
        for _, result in CATALOGUE.rules.values()
    },
    "studies": {
        study.name: f"{study.title}: {study.purpose}" for study in CATALOGUE.studies
    },
    "version": version,
}

ENVIRONMENT = "../envs/lgi.yaml"

# Rules whose work has an engine for a GPU, and what they need: the libraries of CUDA are large.
CARD_ENVIRONMENT = "../envs/cuda.yaml" if CONFIG.device == "cuda" else ENVIRONMENT
ON_CARD = {rule for rule, (_, result) in CATALOGUE.rules.items() if result.on_card}


@cache
def on_card():
    """Whether their jobs are known to run on a GPU: which nodes have one is not."""
    if CONFIG.device == "auto":
        return workflow.local_exec and not devices.missing()
    return CONFIG.device == "cuda"


def sharing():
    """How jobs share processes."""
    return batches.Sharing(
        CATALOGUE.seconds(),
        CONFIG.runs_per_job,
        ON_CARD if on_card() else set(),
        CATALOGUE.kinds(),
    )


batches.share(workflow, sharing)


def requested(minutes=15, mem_mb=1_500):
    """Return what a scheduler is asked for, numbers or functions of the wildcards.

    Without more said it is several times what the longest job of config.yaml took, and room for
    two processes of Snakemake beside the largest (docs/slurm.md). A further attempt asks for more
    of both. On one machine it limits nothing.
    """

    def growing(amount):
        return lambda wildcards, attempt: attempt * (
            amount(wildcards) if callable(amount) else amount
        )

    return {"runtime": growing(minutes), "mem_mb": growing(mem_mb)}


def requested_for(rule, **asked):
    """What a job of a rule asks for, with time as it is estimated and a GPU where it needs one."""
    result = CATALOGUE.result(rule)

    def minutes(wildcards):
        return 10 + math.ceil(4 * result.seconds(CONFIG, wildcards) / 60)

    found = requested(**({"minutes": minutes} if result.seconds else {}), **asked)
    # Not mentioned, it may run on any node; 0 asks for nothing.
    card = {"gpu": lambda wildcards: int(on_card())} if CONFIG.device != "cpu" else {}
    return found | (card if rule in ON_CARD else {})


def inputs_of(result):
    """The input function of a declared result."""

    def inputs(wildcards):
        try:
            found = CATALOGUE.inputs(result, wildcards)
        except LgiError as error:
            raise WorkflowError(str(error))
        return {name: in_repository(path) for name, path in found.items()}

    return inputs


def whole(paths):
    """Some files, with the checksums that lie beside them."""
    return [*paths, *sums(paths)]


def files_of(result):
    """The function that gives the paths that a job of a declared result reads, as one list."""

    def files(wildcards):
        found = CATALOGUE.inputs(result, wildcards).values()
        return [
            path for one in found for path in ([one] if isinstance(one, str) else one)
        ]

    return files


def sums_of(result):
    """The input function of the checksums beside them: a table without one is made again."""
    return lambda wildcards: [
        path for path in sums(files_of(result)(wildcards)) if path.startswith(ROOT)
    ]


def asked_of(files):
    """A parameter: what files must say of how they were made, from a function to their paths."""
    return lambda wildcards: Parameter(CATALOGUE.asked(files(wildcards), source_now))


def asked_of_one(path):
    """The same of the one file that a job reads."""
    return asked_of(lambda wildcards: [path.format(**wildcards)])


def source_now(rule):
    """The fingerprint that files of a rule with a record have if they are made now."""
    return workflow.get_rule(rule).params.source(None)


def contents_of(result):
    """A parameter: the SHA-256 of each input that comes with the repository, by name."""
    return lambda wildcards: {
        name: sha256(Path(workflow.basedir, path).read_bytes()).hexdigest()
        for name, path in CATALOGUE.inputs(result, wildcards).items()
        if comes_along(path)
    }


def comes_along(path):
    """Whether an input comes with the repository, wherever the run works."""
    return isinstance(path, str) and not path.startswith(ROOT)


def in_repository(path):
    """Where an input lies that comes with the repository, such as printed values."""
    if not comes_along(path):
        return path
    # Relative, so that the same results in another clone are not made anew; known by its content
    # (`contents_of`), so that a fresh clone's time stamps are no reason either.
    return ancient(os.path.relpath(f"{workflow.basedir}/{path}"))


def settings_of(result):
    """The function that gives the further arguments of a declared result."""
    return lambda wildcards: Parameter(CATALOGUE.settings(result, wildcards))


def constraints(rule):
    """What the wildcards of a rule may be."""
    return CATALOGUE.constraints(*CATALOGUE.rules[rule])


def shown(study, result):
    """The outputs of a declared result, with their place in the report."""
    return {
        name: shown_as(path, study, result, name)
        for name, path in result.outputs.items()
    }


# What Snakemake's report shows; all else it would offer for download alone.
VIEWED = (".png", ".html")


def shown_as(path, study, result, name):
    # A table that a failing job leaves alone.
    kept = update(path) if path.endswith(".csv") else path
    told = result.labels and result.reported and name in result.told
    if not told or not path.endswith(VIEWED):
        return kept
    return report(
        kept,
        caption="../docs/caption.rst",
        category=chapter(study),
        subcategory="Single runs" if "{seed}" in path else "All runs together",
        labels=labels_of(study, result, name),
    )


def chapter(study):
    """The part of the report that shows a study; what to open first comes first."""
    ordered = sorted(CATALOGUE.studies, key=lambda one: one.name != "site")
    return f"{ordered.index(study) + 1}. {study.title}"


def labels_of(study, result, name):
    """What an output is called in the report. Braces would be wildcards there."""

    def labels(wildcards):
        found = CATALOGUE.labels(
            study, result, name, dict(wildcards), sorted_as_text=True
        )
        return {
            key: label.translate({ord("{"): "(", ord("}"): ")"})
            for key, label in found.items()
        }

    return labels


fingerprint = cache(source_fingerprint)
# Jobs take it from their environment.
compiled_fingerprint("lgi.jit")


def source_of(rule, *entries):
    """A parameter: the fingerprint of what the script of a rule and further entries mean.

    A function, so that only rules with a job have their source read.
    """
    script = Path(workflow.basedir, "workflow_scripts", f"{rule}.py")
    return lambda wildcards: fingerprint(script, *entries)


def refuse(wildcards):
    """The end of every path below results/ that names nothing."""
    raise WorkflowError(CATALOGUE.explain(f"results/{wildcards.anything}"))


def tell_device():
    """Say which device the jobs of this machine take; refuse to start them without it."""
    needed = any(job.rule.name in ON_CARD for job in workflow.dag.needrun_jobs())
    if needed and workflow.local_exec:
        try:
            logger.info(devices.choose(CONFIG.device)[1])
        except LgiError as error:
            raise WorkflowError(str(error))


def prepare_slurm():
    """Refuse a SLURM that would not tell that a job has ended; outlast its restarts."""
    command = getattr(workflow.executor_settings, "status_command", None)
    if command is None:
        return
    if command == "sacct":
        try:
            check_accounting()
        except LgiError as error:
            raise WorkflowError(str(error))
    outlast_outages(import_module("snakemake_executor_plugin_slurm"), command)


def report_times():
    """Say how long each part of this run took."""
    elapsed = (datetime.now() - workflow.start_time).total_seconds()
    studies = {rule: study.name for rule, (study, _) in CATALOGUE.rules.items()}
    if text := timing.table(timing.finished_jobs(workflow, studies), elapsed):
        logger.info(text)
    if text := spent.sentence(spent.end(spent.cpu_seconds())):
        logger.info(text)
