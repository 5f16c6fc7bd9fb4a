# Study 1: fit N Gaussians to an image.

from lgi.gaussians.fits.images import plan_images
from lgi.gaussians.fits.results import (
    fit_inputs,
    fit_mem_mb,
    fit_settings,
    fit_threads,
)

if workflow.is_main_process:
    plan_images(CONFIG.gaussians.images.values())

FITS = CATALOGUE.result("fit")


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
        CARD_ENVIRONMENT
    threads: lambda wildcards: 1 if on_card() else fit_threads(CONFIG, wildcards)
    resources:
        **requested_for("fit", mem_mb=partial(fit_mem_mb, CONFIG)),
    params:
        run=lambda wildcards: fit_settings(CONFIG, wildcards),
        source=source_of("fit_gaussians"),
    script:
        "../workflow_scripts/fit_gaussians.py"


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
        **requested_for("find_minimum"),
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
        **requested_for("estimate_gaussians_llc"),
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
