# The local learning coefficient of study 2's models.


rule estimate_llc:
    """Estimate the LLC of every model of one run file at the listed epochs."""
    input:
        run=paths.SUPERPOSITION_RUN,
    output:
        table=paths.LLC_ESTIMATE,
    log:
        log_of(paths.LLC_ESTIMATE),
    conda:
        ENVIRONMENT
    params:
        setting=llc_settings,
        source=source_fingerprint("lgi.superposition.llc"),
    script:
        "../workflow_scripts/estimate_llc.py"


rule collect_llc:
    """Gather all LLC estimates into one table."""
    input:
        estimates=paths.llc_estimates(CONFIG),
    output:
        table=update(paths.LLC_TABLE),
    log:
        log_of(paths.LLC_TABLE),
    conda:
        ENVIRONMENT
    params:
        settings=[s for s in CONFIG.llc.runs for _ in CONFIG.superposition_runs()],
        source=source_fingerprint("lgi.superposition.llc"),
    script:
        "../workflow_scripts/collect_llc.py"


rule correlate_loss_and_llc:
    """Correlate loss with LLC over the seeds, per start, sample size, epoch and sparsity."""
    input:
        superposition=paths.SUPERPOSITION_TABLE,
        llc=paths.LLC_TABLE,
    output:
        table=report(
            update(paths.CORRELATION_TABLE),
            category="LLC",
            labels={"table": "correlation of loss and LLC"},
        ),
    log:
        log_of(paths.CORRELATION_TABLE),
    conda:
        ENVIRONMENT
    params:
        source=source_fingerprint("lgi.superposition.analysis"),
    script:
        "../workflow_scripts/correlate_loss_and_llc.py"


rule plot_loss_vs_llc:
    """Draw loss against LLC at one epoch: a panel per start, a colour per sparsity."""
    input:
        superposition=paths.SUPERPOSITION_TABLE,
        llc=paths.LLC_TABLE,
    output:
        png=report(
            paths.LOSS_VS_LLC,
            caption="../docs/captions/loss_vs_llc.rst",
            category="LLC",
            labels={
                "figure": "loss against LLC, epoch {epoch}",
                "variant": "{variant}",
            },
        ),
        svg=svg(paths.LOSS_VS_LLC),
    log:
        log_of(paths.LOSS_VS_LLC),
    conda:
        ENVIRONMENT
    params:
        setting=CONFIG.llc.drawn,
        samples=drawn_samples,
        source=source_fingerprint("lgi.figures.superposition"),
    script:
        "../workflow_scripts/plot_loss_vs_llc.py"


rule plot_llc_over_training:
    """Draw the LLC along training: median and spread per sparsity."""
    input:
        llc=paths.LLC_TABLE,
    output:
        png=report(
            paths.LLC_OVER_TRAINING,
            caption="../docs/captions/llc_over_training.rst",
            category="LLC",
            labels={"figure": "LLC over training", "variant": "{variant}"},
        ),
        svg=svg(paths.LLC_OVER_TRAINING),
    log:
        log_of(paths.LLC_OVER_TRAINING),
    conda:
        ENVIRONMENT
    params:
        setting=CONFIG.llc.drawn,
        samples=drawn_samples,
        source=source_fingerprint("lgi.figures.superposition"),
    script:
        "../workflow_scripts/plot_llc_over_training.py"
