# Study 1: fit N Gaussians to an image.

from functools import partial

from lgi.gaussians.fits.duration import job_seconds
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
        **requested(
            minutes=partial(fit_minutes, CONFIG), mem_mb=partial(fit_mem_mb, CONFIG)
        ),
    params:
        fit=lambda wildcards: fit_settings(CONFIG, wildcards),
        device=CONFIG.device,
        source=FIT_SOURCE,
    script:
        "../workflow_scripts/fit_gaussians.py"


# Listed runs that differ in their seed alone share jobs: starting one takes longer than a fit.
# Parameters do not say which: how runs are packed makes none of them anew.
for batch in CONFIG.gaussians.batches(job_seconds()):

    rule:
        name:
            batch.name
        input:
            of_fit(fit_inputs, batch),
        output:
            # Left where they are, so that the job makes those alone that are missing or changed.
            [update(together_in(FITS.output, batch, seed)) for seed in batch.seeds],
        log:
            together_in(f"logs/{batch.name}/{{image}}/{{recipe}}/n{{n}}.log", batch),
        wildcard_constraints:
            fit="|".join(map(fit_folder, batch.fits)),
        conda:
            ENVIRONMENT
        threads: of_fit(fit_threads, batch)
        resources:
            **TRAINING_RESOURCES,
            **requested(
                minutes=of_fit(partial(fit_minutes, seeds=len(batch.seeds)), batch),
                mem_mb=of_fit(fit_mem_mb, batch),
            ),
        params:
            fit=of_fit(fit_settings, batch),
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
        **requested(),
    params:
        settings={"settings": CONFIG.gaussians.llc.minimum},
        asked=asked_of_one(FITS.output),
        source=source_of("find_minimum"),
    script:
        "../workflow_scripts/find_minimum.py"


rule estimate_gaussians_llc:
    """Estimate the learning coefficient of one fit."""
    input:
        minimum=CATALOGUE.result("find_minimum").output,
    output:
        **CATALOGUE.result("estimate_gaussians_llc").outputs,
    log:
        CATALOGUE.result("estimate_gaussians_llc").log,
    wildcard_constraints:
        **constraints("estimate_gaussians_llc"),
    conda:
        ENVIRONMENT
    resources:
        **requested(),
    params:
        settings={"settings": CONFIG.gaussians.llc.settings},
        asked=asked_of_one(CATALOGUE.result("find_minimum").output),
        source=source_of("estimate_gaussians_llc"),
    script:
        "../workflow_scripts/estimate_gaussians_llc.py"


rule sweep_gaussians_llc:
    """Estimate the learning coefficient of one fit while noise and localisation vary."""
    input:
        minimum=CATALOGUE.result("find_minimum").output,
    output:
        **CATALOGUE.result("sweep_gaussians_llc").outputs,
    log:
        CATALOGUE.result("sweep_gaussians_llc").log,
    wildcard_constraints:
        **constraints("sweep_gaussians_llc"),
    conda:
        ENVIRONMENT
    resources:
        **requested(),
    params:
        settings=CONFIG.gaussians.llc.swept(),
        asked=asked_of_one(CATALOGUE.result("find_minimum").output),
        source=source_of("sweep_gaussians_llc"),
    script:
        "../workflow_scripts/sweep_gaussians_llc.py"
