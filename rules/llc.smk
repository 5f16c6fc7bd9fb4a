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
        source=source_of("estimate_llc"),
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
        source=source_of("collect_llc"),
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
        source=source_of("correlate_loss_and_llc"),
    script:
        "../workflow_scripts/correlate_loss_and_llc.py"


rule share_verdicts:
    """Tabulate the share of each verdict per setting, start, sample size, sparsity and epoch."""
    input:
        llc=paths.LLC_TABLE,
    output:
        table=report(
            update(paths.VERDICT_TABLE),
            category="LLC",
            labels={"table": "share of each verdict"},
        ),
    log:
        log_of(paths.VERDICT_TABLE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("share_verdicts"),
    script:
        "../workflow_scripts/share_verdicts.py"


rule judge_claims:
    """Give each statement of the study its verdict, with the numbers behind it."""
    input:
        superposition=paths.SUPERPOSITION_TABLE,
        llc=paths.LLC_TABLE,
    output:
        table=report(
            update(paths.CLAIM_TABLE),
            caption="../docs/captions/claims.rst",
            category="LLC",
            labels={"table": "statements of the study, with verdicts"},
        ),
    log:
        log_of(paths.CLAIM_TABLE),
    conda:
        ENVIRONMENT
    params:
        setting=CONFIG.llc.drawn,
        claims=CONFIG.superposition.claims.model_dump(),
        source=source_of("judge_claims"),
    script:
        "../workflow_scripts/judge_claims.py"


rule calibrate_llc:
    """Estimate the LLC of a few models while one value of the setting varies at a time."""
    input:
        runs=paths.calibration_runs(CONFIG),
    output:
        table=report(
            update(paths.CALIBRATION_TABLE),
            category="LLC",
            labels={"table": "calibration of the LLC"},
        ),
    log:
        log_of(paths.CALIBRATION_TABLE),
    conda:
        ENVIRONMENT
    params:
        settings=calibrated_settings(),
        reference=CONFIG.llc.calibration.reference,
        sweep=calibration_sweep(),
        models=[(model.seed, model.epoch) for model in CONFIG.llc.calibration.models],
        source=source_of("calibrate_llc"),
    script:
        "../workflow_scripts/calibrate_llc.py"


rule trace_llc:
    """Keep the chains of one estimate, as ArviZ InferenceData in NetCDF."""
    input:
        run=paths.SUPERPOSITION_RUN,
    output:
        trace=paths.LLC_TRACE,
    log:
        log_of(paths.LLC_TRACE),
    conda:
        ENVIRONMENT
    params:
        setting=llc_settings,
        source=source_of("trace_llc"),
    script:
        "../workflow_scripts/trace_llc.py"


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
        source=source_of("plot_loss_vs_llc"),
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
        source=source_of("plot_llc_over_training"),
    script:
        "../workflow_scripts/plot_llc_over_training.py"


rule plot_llc_settings:
    """Draw the LLC along training for every estimated setting, one below the other."""
    input:
        llc=paths.LLC_TABLE,
    output:
        png=report(
            paths.LLC_SETTINGS,
            caption="../docs/captions/llc_settings.rst",
            category="LLC",
            labels={"figure": "settings side by side", "variant": "{variant}"},
        ),
        svg=svg(paths.LLC_SETTINGS),
    log:
        log_of(paths.LLC_SETTINGS),
    conda:
        ENVIRONMENT
    params:
        samples=drawn_samples,
        source=source_of("plot_llc_settings"),
    script:
        "../workflow_scripts/plot_llc_settings.py"


rule plot_llc_verdicts:
    """Draw the share of each verdict along training, per start and sparsity."""
    input:
        shares=paths.VERDICT_TABLE,
    output:
        png=report(
            paths.LLC_VERDICTS,
            caption="../docs/captions/llc_verdicts.rst",
            category="LLC",
            labels={"figure": "share of each verdict", "variant": "{variant}"},
        ),
        svg=svg(paths.LLC_VERDICTS),
    log:
        log_of(paths.LLC_VERDICTS),
    conda:
        ENVIRONMENT
    params:
        setting=CONFIG.llc.drawn,
        samples=drawn_samples,
        source=source_of("plot_llc_verdicts"),
    script:
        "../workflow_scripts/plot_llc_verdicts.py"


rule plot_llc_calibration:
    """Draw plateau, bias and acceptance of the LLC against the settings of the estimator."""
    input:
        table=paths.CALIBRATION_TABLE,
    output:
        png=report(
            paths.LLC_CALIBRATION,
            caption="../docs/captions/llc_calibration.rst",
            category="LLC",
            labels={"figure": "calibration"},
        ),
        svg=svg(paths.LLC_CALIBRATION),
    log:
        log_of(paths.LLC_CALIBRATION),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_llc_calibration"),
    script:
        "../workflow_scripts/plot_llc_calibration.py"


rule plot_llc_trace:
    """Draw the chains of one estimate and their running means."""
    input:
        trace=paths.LLC_TRACE,
    output:
        png=report(
            paths.LLC_TRACE_FIGURE,
            caption="../docs/captions/llc_trace.rst",
            category="LLC",
            labels={
                "figure": "chains, {setting} setting",
                "start": "{init}",
                "sparsity": "{sparsity}",
                "seed": "{model}",
                "epoch": "{epoch}",
            },
        ),
        svg=svg(paths.LLC_TRACE_FIGURE),
    log:
        log_of(paths.LLC_TRACE_FIGURE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_llc_trace"),
    script:
        "../workflow_scripts/plot_llc_trace.py"
