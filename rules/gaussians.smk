# Study 1: fit N Gaussians to an image.

from functools import partial

from lgi.gaussians.fits.engines import FIT as FIT_ENGINES
from lgi.gaussians.fits.images import plan_images
from lgi.gaussians.fits.results import (
    fit_inputs,
    fit_mem_mb,
    fit_minutes,
    fit_settings,
    fit_threads,
)

if workflow.is_main_process:
    plan_images(CONFIG.gaussians.images.values())

FITS = CATALOGUE.result("fit")
FIT_SOURCE = source_of("fit_gaussians", FIT_ENGINES[CONFIG.device].function)


rule fit:
    """Fit N Gaussians to an image: one run file."""
    input:
        lambda wildcards: fit_inputs(CONFIG, wildcards),
    output:
        FITS.output,
    log:
        FITS.log,
    wildcard_constraints:
        **constraints("fit"),
    conda:
        ENVIRONMENT
    threads: lambda wildcards: fit_threads(CONFIG, wildcards)
    resources:
        **TRAINING_RESOURCES,
        **asked(
            minutes=partial(fit_minutes, CONFIG), mem_mb=partial(fit_mem_mb, CONFIG)
        ),
    params:
        fit=lambda wildcards: fit_settings(CONFIG, wildcards),
        seeds=lambda wildcards: [int(wildcards.seed)],
        device=CONFIG.device,
        source=FIT_SOURCE,
    script:
        "../workflow_scripts/fit_gaussians.py"


# Listed runs that differ in their seed alone share a job: starting one takes longer than a fit.
for batch in CONFIG.gaussians.batches():

    rule:
        name:
            batch.name
        input:
            lambda wildcards: fit_inputs(CONFIG, wildcards),
        output:
            [together_in(FITS.output, seed) for seed in batch.seeds],
        log:
            "logs/gaussians/{fit}.log",
        wildcard_constraints:
            fit="|".join("{}/{}/n{}".format(*fit) for fit in batch.fits),
        conda:
            ENVIRONMENT
        threads: lambda wildcards: fit_threads(CONFIG, wildcards)
        resources:
            **TRAINING_RESOURCES,
            **asked(
                minutes=partial(fit_minutes, CONFIG, seeds=len(batch.seeds)),
                mem_mb=partial(fit_mem_mb, CONFIG),
            ),
        params:
            fit=lambda wildcards: fit_settings(CONFIG, wildcards),
            seeds=batch.seeds,
            device=CONFIG.device,
            source=FIT_SOURCE,
        script:
            "../workflow_scripts/fit_gaussians.py"

    workflow.ruleorder(batch.name, "fit")


# The local learning coefficient of its runs.


rule find_minimum:
    """Go on from a fit to the minimum of the squared error, and expand it there."""
    input:
        run=CATALOGUE.result("fit").output,
    output:
        minimum=CATALOGUE.result("find_minimum").output,
    log:
        CATALOGUE.result("find_minimum").log,
    wildcard_constraints:
        **constraints("find_minimum"),
    conda:
        ENVIRONMENT
    resources:
        **asked(),
    params:
        settings={"settings": CONFIG.gaussians.llc.minimum},
        source=source_of("find_minimum"),
    script:
        "../workflow_scripts/find_minimum.py"


rule estimate_gaussians_llc:
    """Estimate the learning coefficient of one fit."""
    input:
        minimum=CATALOGUE.result("find_minimum").output,
    output:
        table=CATALOGUE.result("estimate_gaussians_llc").output,
    log:
        CATALOGUE.result("estimate_gaussians_llc").log,
    wildcard_constraints:
        **constraints("estimate_gaussians_llc"),
    conda:
        ENVIRONMENT
    resources:
        **asked(),
    params:
        settings={"settings": CONFIG.gaussians.llc.settings},
        source=source_of("estimate_gaussians_llc"),
    script:
        "../workflow_scripts/estimate_gaussians_llc.py"


rule sweep_gaussians_llc:
    """Estimate the learning coefficient of one fit while noise and localisation vary."""
    input:
        minimum=CATALOGUE.result("find_minimum").output,
    output:
        table=CATALOGUE.result("sweep_gaussians_llc").output,
    log:
        CATALOGUE.result("sweep_gaussians_llc").log,
    wildcard_constraints:
        **constraints("sweep_gaussians_llc"),
    conda:
        ENVIRONMENT
    resources:
        **asked(),
    params:
        settings=CONFIG.gaussians.llc.swept(),
        source=source_of("sweep_gaussians_llc"),
    script:
        "../workflow_scripts/sweep_gaussians_llc.py"
