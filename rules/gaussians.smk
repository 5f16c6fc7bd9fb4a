# Study 1: fit N Gaussians to an image.


rule fit_gaussians:
    """Fit N Gaussians to an image: one run file."""
    input:
        image=image_file,
    output:
        paths.GAUSSIANS_RUN,
    log:
        log_of(paths.GAUSSIANS_RUN),
    conda:
        ENVIRONMENT
    resources:
        **TRAINING_RESOURCES,
    params:
        image=image_settings,
        recipe=recipe_settings,
        fit=lambda wildcards: tuple(fit_of(wildcards)),
        seeds=lambda wildcards: [int(wildcards.seed)],
        device=CONFIG.device,
        source=FIT_SOURCE,
    script:
        "../workflow_scripts/fit_gaussians.py"


# Listed runs that differ in their seed alone share a job: starting one takes longer than a fit.
workflow.ruleorder(*map(batch_name, CONFIG.gaussian_batches()), "fit_gaussians")

for seeds, fits in CONFIG.gaussian_batches().items():

    rule:
        name:
            batch_name(seeds)
        input:
            image=image_file,
        output:
            [paths.gaussians_batch(seed) for seed in seeds],
        log:
            "logs/gaussians/{fit}.log",
        wildcard_constraints:
            fit="|".join(paths.gaussians_fit(fit) for fit in fits),
        conda:
            ENVIRONMENT
        resources:
            **TRAINING_RESOURCES,
        params:
            image=image_settings,
            recipe=recipe_settings,
            fit=lambda wildcards: tuple(fit_of(wildcards)),
            seeds=seeds,
            device=CONFIG.device,
            source=FIT_SOURCE,
        script:
            "../workflow_scripts/fit_gaussians.py"


rule collect_gaussians:
    """Gather all fits into one table."""
    input:
        runs=paths.gaussians_runs(CONFIG),
        published=PUBLISHED,
    output:
        table=report(
            update(paths.GAUSSIANS_TABLE),
            category="Gaussians",
            labels={"table": "all fits"},
        ),
        reproducibility=report(
            update(paths.REPRODUCIBILITY_TABLE),
            category="Gaussians",
            labels={"table": "runs made twice"},
        ),
    log:
        log_of(paths.GAUSSIANS_TABLE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("collect_gaussians"),
    script:
        "../workflow_scripts/collect_gaussians.py"


rule plot_loss_vs_n:
    """Draw best loss against N, with published values, seeds and regressions."""
    input:
        table=curve_table,
    output:
        png=report(
            paths.LOSS_VS_N,
            caption="../docs/captions/loss_vs_n.rst",
            category="Gaussians",
            labels={
                "figure": "loss against N",
                "recipe": "{recipe}",
                "image": "{image}",
            },
        ),
        svg=svg(paths.LOSS_VS_N),
    log:
        log_of(paths.LOSS_VS_N),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_loss_vs_n"),
    script:
        "../workflow_scripts/plot_loss_vs_n.py"


rule plot_loss_and_coverage:
    """Draw loss and uncovered share along training."""
    input:
        runs=coverage_runs,
    output:
        png=report(
            paths.LOSS_AND_COVERAGE,
            caption="../docs/captions/loss_and_coverage.rst",
            category="Gaussians",
            labels={
                "figure": "loss and coverage",
                "recipe": "{recipe}",
                "image": "{image}",
            },
        ),
        svg=svg(paths.LOSS_AND_COVERAGE),
    log:
        log_of(paths.LOSS_AND_COVERAGE),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_loss_and_coverage"),
    script:
        "../workflow_scripts/plot_loss_and_coverage.py"


rule plot_fit:
    """Draw target, fit, error and ellipses of one run."""
    input:
        run=paths.GAUSSIANS_RUN,
    output:
        png=report(
            paths.FIT,
            caption="../docs/captions/fit.rst",
            category="Gaussians",
            labels={
                "figure": "fit",
                "recipe": "{recipe}",
                "image": "{image}, N = {n}",
            },
        ),
        svg=svg(paths.FIT),
    log:
        log_of(paths.FIT),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_fit", "lgi.gaussians.fit_cpu"),
    script:
        "../workflow_scripts/plot_fit.py"


rule animate_fit:
    """Animate one fit: image, ellipses and loss along training."""
    input:
        run=paths.GAUSSIANS_RUN,
    output:
        gif=report(
            paths.FIT_ANIMATION,
            caption="../docs/captions/fit_animation.rst",
            category="Gaussians",
            labels={
                "figure": "animation",
                "recipe": "{recipe}",
                "image": "{image}, N = {n}",
            },
        ),
        mp4=mp4(paths.FIT_ANIMATION),
    log:
        log_of(paths.FIT_ANIMATION),
    conda:
        ENVIRONMENT
    params:
        source=source_of("animate_fit", "lgi.gaussians.fit_cpu"),
    script:
        "../workflow_scripts/animate_fit.py"
