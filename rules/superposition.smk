# Study 2: toy models of superposition.


rule train_superposition:
    """Train the models of all seeds for one start, sample size and sparsity: one run file."""
    output:
        run=paths.SUPERPOSITION_RUN,
    log:
        log_of(paths.SUPERPOSITION_RUN),
    conda:
        ENVIRONMENT
    resources:
        **TRAINING_RESOURCES,
    params:
        initialisation=initialisation_settings,
        sparsity=exact_sparsity,
        hidden=CONFIG.superposition.hidden,
        data=CONFIG.superposition.data.model_dump(),
        training=CONFIG.superposition.training.model_dump(),
        seeds=CONFIG.superposition.runs.seeds,
        device=CONFIG.device,
        source=source_of("train_superposition", f"lgi.superposition.train{ENGINE}"),
    script:
        "../workflow_scripts/train_superposition.py"


rule collect_superposition:
    """Gather all snapshots of all models into one table."""
    input:
        runs=paths.superposition_runs(CONFIG),
    output:
        table=update(paths.SUPERPOSITION_TABLE),
    log:
        log_of(paths.SUPERPOSITION_TABLE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("collect_superposition"),
    script:
        "../workflow_scripts/collect_superposition.py"


rule compare_starts:
    """Tabulate mean and best final loss by start, per sparsity."""
    input:
        table=paths.SUPERPOSITION_TABLE,
    output:
        table=report(
            update(paths.START_TABLE),
            category="Superposition",
            labels={"table": "final loss by start"},
        ),
    log:
        log_of(paths.START_TABLE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("compare_starts"),
    script:
        "../workflow_scripts/compare_starts.py"


rule plot_loss_over_training:
    """Draw training, test and population loss along training."""
    input:
        table=paths.SUPERPOSITION_TABLE,
    output:
        png=report(
            paths.LOSS_OVER_TRAINING,
            caption="../docs/captions/loss_over_training.rst",
            category="Superposition",
            labels={"figure": "loss over training", "variant": "{variant}"},
        ),
        svg=svg(paths.LOSS_OVER_TRAINING),
    log:
        log_of(paths.LOSS_OVER_TRAINING),
    conda:
        ENVIRONMENT
    params:
        samples=drawn_samples,
        source=source_of("plot_loss_over_training"),
    script:
        "../workflow_scripts/plot_loss_over_training.py"


rule plot_kgons_over_training:
    """Draw the share of each k-gon along training."""
    input:
        table=paths.SUPERPOSITION_TABLE,
    output:
        png=report(
            paths.KGONS_OVER_TRAINING,
            caption="../docs/captions/kgons_over_training.rst",
            category="Superposition",
            labels={"figure": "k-gons over training", "variant": "{variant}"},
        ),
        svg=svg(paths.KGONS_OVER_TRAINING),
    log:
        log_of(paths.KGONS_OVER_TRAINING),
    conda:
        ENVIRONMENT
    params:
        samples=drawn_samples,
        source=source_of("plot_kgons_over_training"),
    script:
        "../workflow_scripts/plot_kgons_over_training.py"


rule plot_dimensionality_vs_sparsity:
    """Draw feature dimensionality against 1/(1-S)."""
    input:
        runs=paths.superposition_runs(CONFIG),
    output:
        png=report(
            paths.DIMENSIONALITY_VS_SPARSITY,
            caption="../docs/captions/dimensionality_vs_sparsity.rst",
            category="Superposition",
            labels={"figure": "feature dimensionality", "variant": "{variant}"},
        ),
        svg=svg(paths.DIMENSIONALITY_VS_SPARSITY),
    log:
        log_of(paths.DIMENSIONALITY_VS_SPARSITY),
    conda:
        ENVIRONMENT
    params:
        samples=drawn_samples,
        source=source_of("plot_dimensionality_vs_sparsity"),
    script:
        "../workflow_scripts/plot_dimensionality_vs_sparsity.py"


rule plot_kgon4_vs_kgon6:
    """Draw mean and best final loss of four-gon and six-gon starts."""
    input:
        table=paths.START_TABLE,
    output:
        png=report(
            paths.KGON4_VS_KGON6,
            caption="../docs/captions/kgon4_vs_kgon6.rst",
            category="Superposition",
            labels={"figure": "four-gon and six-gon starts", "variant": "{variant}"},
        ),
        svg=svg(paths.KGON4_VS_KGON6),
    log:
        log_of(paths.KGON4_VS_KGON6),
    conda:
        ENVIRONMENT
    params:
        samples=drawn_samples,
        source=source_of("plot_kgon4_vs_kgon6"),
    script:
        "../workflow_scripts/plot_kgon4_vs_kgon6.py"


rule plot_snapshots:
    """Draw the polygon of one model at a few snapshots."""
    input:
        run=paths.SUPERPOSITION_RUN,
    output:
        png=report(
            paths.SNAPSHOTS,
            caption="../docs/captions/snapshots.rst",
            category="Polygons",
            subcategory="{init}",
            labels={"figure": "strip", "sparsity": "{sparsity}", "seed": "{model}"},
        ),
        svg=svg(paths.SNAPSHOTS),
    log:
        log_of(paths.SNAPSHOTS),
    conda:
        ENVIRONMENT
    params:
        epochs=CONFIG.superposition.figures.strip_epochs,
        source=source_of("plot_snapshots"),
    script:
        "../workflow_scripts/plot_snapshots.py"


rule animate_polygons:
    """Animate the polygon of one model along training."""
    input:
        run=paths.SUPERPOSITION_RUN,
    output:
        gif=report(
            paths.POLYGONS,
            caption="../docs/captions/polygons.rst",
            category="Polygons",
            subcategory="{init}",
            labels={
                "figure": "animation",
                "sparsity": "{sparsity}",
                "seed": "{model}",
            },
        ),
        mp4=mp4(paths.POLYGONS),
    log:
        log_of(paths.POLYGONS),
    conda:
        ENVIRONMENT
    params:
        source=source_of("animate_polygons"),
    script:
        "../workflow_scripts/animate_polygons.py"
