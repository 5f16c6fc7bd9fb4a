# Study 1: what a fit is like, and what of it predicts how well it does.


rule measure_features:
    """Tabulate what the fits of one N are like at their start, best and end."""
    input:
        runs=featured_runs,
    output:
        table=paths.GAUSSIANS_FEATURES,
    log:
        log_of(paths.GAUSSIANS_FEATURES),
    conda:
        ENVIRONMENT
    params:
        source=source_of("measure_features"),
    script:
        "../workflow_scripts/measure_features.py"


rule collect_features:
    """Gather the features of all N into one table."""
    input:
        tables=paths.gaussians_features(CONFIG),
    output:
        table=report(
            update(paths.FEATURE_TABLE),
            category="Gaussians",
            labels={"table": "features of fits"},
        ),
    log:
        log_of(paths.FEATURE_TABLE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("collect_features"),
    script:
        "../workflow_scripts/collect_features.py"


rule predict_fits:
    """Tabulate how well features predict the best loss and where a fit does worse than at N - 1."""
    input:
        features=paths.FEATURE_TABLE,
    output:
        table=report(
            update(paths.PREDICTION_TABLE),
            caption="../docs/captions/prediction.rst",
            category="Gaussians",
            labels={"table": "what predicts a fit"},
        ),
        claims=update(paths.PREDICTION_CLAIM_TABLE),
    log:
        log_of(paths.PREDICTION_TABLE),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.prediction.model_dump(),
        source=source_of("predict_fits"),
    script:
        "../workflow_scripts/predict_fits.py"


rule plot_spectra:
    """Draw the singular values of a few fits, and what becomes of them in all."""
    input:
        runs=paths.spectra_runs(CONFIG),
        features=paths.FEATURE_TABLE,
    output:
        png=report(
            paths.SPECTRA,
            caption="../docs/captions/spectra.rst",
            category="Gaussians",
            labels={"figure": "singular values of the Jacobian"},
        ),
        svg=svg(paths.SPECTRA),
    log:
        log_of(paths.SPECTRA),
    conda:
        ENVIRONMENT
    params:
        image=CONFIG.gaussians.analysis.prediction.spectra.image,
        recipe=CONFIG.gaussians.analysis.prediction.spectra.recipe,
        source=source_of("plot_spectra"),
    script:
        "../workflow_scripts/plot_spectra.py"


rule plot_prediction:
    """Draw how well each feature predicts, by state."""
    input:
        table=predicted_table,
    output:
        png=report(
            paths.PREDICTION,
            caption="../docs/captions/prediction.rst",
            category="Gaussians",
            labels={
                "figure": "what predicts a fit",
                "recipe": "{recipe}",
                "image": "{image}",
            },
        ),
        svg=svg(paths.PREDICTION),
    log:
        log_of(paths.PREDICTION),
    conda:
        ENVIRONMENT
    params:
        least=CONFIG.gaussians.analysis.prediction.least,
        source=source_of("plot_prediction"),
    script:
        "../workflow_scripts/plot_prediction.py"
