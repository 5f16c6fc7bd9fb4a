# Study 1: learning coefficients of fits.


rule find_minimum:
    """Go on from a fit to the minimum of the squared error, and expand it there."""
    input:
        run=paths.GAUSSIANS_RUN,
    output:
        minimum=paths.GAUSSIANS_MINIMUM,
    log:
        log_of(paths.GAUSSIANS_MINIMUM),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.llc.minimum.model_dump(),
        source=source_of("find_minimum"),
    script:
        "../workflow_scripts/find_minimum.py"


rule estimate_coefficient:
    """Estimate the learning coefficient of one fit."""
    input:
        minimum=paths.GAUSSIANS_MINIMUM,
    output:
        table=paths.GAUSSIANS_COEFFICIENT,
    log:
        log_of(paths.GAUSSIANS_COEFFICIENT),
    conda:
        ENVIRONMENT
    params:
        settings=coefficient_settings(),
        source=source_of("estimate_coefficient"),
    script:
        "../workflow_scripts/estimate_coefficient.py"


rule sweep_coefficient:
    """Estimate the learning coefficient of one fit while noise and localisation vary."""
    input:
        minimum=paths.GAUSSIANS_MINIMUM,
    output:
        table=paths.GAUSSIANS_COEFFICIENT_SWEEP,
    log:
        log_of(paths.GAUSSIANS_COEFFICIENT_SWEEP),
    conda:
        ENVIRONMENT
    params:
        name=CONFIG.gaussians.analysis.llc.sweep.setting,
        setting=coefficient_settings()[CONFIG.gaussians.analysis.llc.sweep.setting],
        noise=CONFIG.gaussians.analysis.llc.sweep.noise,
        localisation=CONFIG.gaussians.analysis.llc.sweep.localisation,
        source=source_of("sweep_coefficient"),
    script:
        "../workflow_scripts/sweep_coefficient.py"


rule collect_coefficients:
    """Gather the learning coefficients of fits, and judge what is said of them."""
    input:
        estimates=paths.coefficients(CONFIG),
        sweeps=paths.coefficient_sweeps(CONFIG),
    output:
        table=report(
            update(paths.COEFFICIENT_TABLE),
            category="Gaussians",
            labels={"table": "learning coefficients"},
        ),
        sweep=report(
            update(paths.COEFFICIENT_SWEEP_TABLE),
            category="Gaussians",
            labels={"table": "learning coefficients, settings varied"},
        ),
        claims=update(paths.COEFFICIENT_CLAIM_TABLE),
    log:
        log_of(paths.COEFFICIENT_TABLE),
    conda:
        ENVIRONMENT
    params:
        claims=CONFIG.gaussians.analysis.llc.claims.model_dump(),
        source=source_of("collect_coefficients"),
    script:
        "../workflow_scripts/collect_coefficients.py"


rule plot_coefficients:
    """Draw the learning coefficient of fits against N, beside what predicts it."""
    input:
        table=paths.COEFFICIENT_TABLE,
    output:
        png=report(
            paths.COEFFICIENTS,
            caption="../docs/captions/gaussians_llc.rst",
            category="Gaussians",
            labels={"figure": "learning coefficient against N"},
        ),
        svg=svg(paths.COEFFICIENTS),
    log:
        log_of(paths.COEFFICIENTS),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_coefficients"),
    script:
        "../workflow_scripts/plot_coefficients.py"


rule plot_coefficient_sweep:
    """Draw the learning coefficient of fits against noise and localisation."""
    input:
        table=paths.COEFFICIENT_SWEEP_TABLE,
    output:
        png=report(
            paths.COEFFICIENT_SWEEP,
            caption="../docs/captions/gaussians_llc_sweep.rst",
            category="Gaussians",
            labels={"figure": "learning coefficient, settings varied"},
        ),
        svg=svg(paths.COEFFICIENT_SWEEP),
    log:
        log_of(paths.COEFFICIENT_SWEEP),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_coefficient_sweep"),
    script:
        "../workflow_scripts/plot_coefficient_sweep.py"
