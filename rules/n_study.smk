# Study 1: the N-study as the original wrote it, and what many seeds say of it.


rule tabulate_n_study:
    """Tabulate the N-study of the original, and where it and its own table disagree."""
    input:
        table=paths.GAUSSIANS_TABLE,
        published=[PUBLISHED, PUBLISHED_BROAD],
    output:
        table=report(
            update(paths.N_STUDY_TABLE),
            category="Gaussians",
            labels={"table": "N-study"},
        ),
        summary=report(
            update(paths.N_STUDY_SUMMARY_TABLE),
            category="Gaussians",
            labels={"table": "N-study in numbers"},
        ),
        discrepancies=report(
            update(paths.DISCREPANCY_TABLE),
            caption="../docs/captions/discrepancies.rst",
            category="Gaussians",
            labels={"table": "statements beside the table of the original"},
        ),
    log:
        log_of(paths.N_STUDY_TABLE),
    conda:
        ENVIRONMENT
    params:
        lists=n_lists(),
        settings=CONFIG.gaussians.analysis.n_study.model_dump(),
        claims=CONFIG.gaussians.analysis.claims.model_dump(),
        source=source_of("tabulate_n_study"),
    script:
        "../workflow_scripts/tabulate_n_study.py"


rule compare_seeds:
    """Tabulate what each step from N - 1 to N does over many seeds, and what one seed can tell."""
    input:
        table=paths.GAUSSIANS_TABLE,
    output:
        steps=report(
            update(paths.STEP_TABLE),
            category="Gaussians",
            labels={"table": "steps of N over seeds"},
        ),
        summary=report(
            update(paths.SEED_SUMMARY_TABLE),
            category="Gaussians",
            labels={"table": "many seeds in numbers"},
        ),
    log:
        log_of(paths.STEP_TABLE),
    conda:
        ENVIRONMENT
    params:
        runs=seed_runs(),
        settings=CONFIG.gaussians.analysis.seeds.model_dump(),
        original=CONFIG.gaussians.analysis.n_study.seed,
        tolerance=CONFIG.gaussians.analysis.n_study.tolerance,
        source=source_of("compare_seeds"),
    script:
        "../workflow_scripts/compare_seeds.py"


rule judge_gaussian_claims:
    """Give each statement about study 1 its verdict, with the numbers behind it."""
    input:
        table=paths.GAUSSIANS_TABLE,
        reproducibility=paths.REPRODUCIBILITY_TABLE,
        published=PUBLISHED,
        more=paths.MORE_CLAIM_TABLES,
    output:
        table=report(
            update(paths.GAUSSIANS_CLAIM_TABLE),
            caption="../docs/captions/gaussian_claims.rst",
            category="Gaussians",
            labels={"table": "statements about N, with verdicts"},
        ),
    log:
        log_of(paths.GAUSSIANS_CLAIM_TABLE),
    conda:
        ENVIRONMENT
    params:
        runs=seed_runs(),
        seeds=CONFIG.gaussians.analysis.seeds.model_dump(),
        original=CONFIG.gaussians.analysis.n_study.seed,
        claims=CONFIG.gaussians.analysis.claims.model_dump(),
        source=source_of("judge_gaussian_claims"),
    script:
        "../workflow_scripts/judge_gaussian_claims.py"


rule plot_n_study:
    """Draw best loss, its iteration and the cost of training against N, for the original's seed."""
    input:
        table=paths.N_STUDY_TABLE,
        summary=paths.N_STUDY_SUMMARY_TABLE,
    output:
        png=report(
            paths.N_STUDY,
            caption="../docs/captions/n_study.rst",
            category="Gaussians",
            labels={"figure": "N-study"},
        ),
        svg=svg(paths.N_STUDY),
    log:
        log_of(paths.N_STUDY),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.n_study.model_dump(),
        source=source_of("plot_n_study"),
    script:
        "../workflow_scripts/plot_n_study.py"


rule plot_loss_over_seeds:
    """Draw best loss against N for many seeds, with their mean and the original's seed."""
    input:
        table=paths.GAUSSIANS_TABLE,
    output:
        png=report(
            paths.LOSS_OVER_SEEDS,
            caption="../docs/captions/loss_over_seeds.rst",
            category="Gaussians",
            labels={"figure": "loss against N, many seeds"},
        ),
        svg=svg(paths.LOSS_OVER_SEEDS),
    log:
        log_of(paths.LOSS_OVER_SEEDS),
    conda:
        ENVIRONMENT
    params:
        runs=seed_runs(),
        seeds=CONFIG.gaussians.analysis.seeds.model_dump(),
        original=CONFIG.gaussians.analysis.n_study.seed,
        source=source_of("plot_loss_over_seeds"),
    script:
        "../workflow_scripts/plot_loss_over_seeds.py"


rule plot_steps:
    """Draw what each step from N - 1 to N does to the loss of each seed, and on average."""
    input:
        table=paths.GAUSSIANS_TABLE,
        steps=paths.STEP_TABLE,
    output:
        png=report(
            paths.STEPS,
            caption="../docs/captions/steps.rst",
            category="Gaussians",
            labels={"figure": "steps of N over seeds"},
        ),
        svg=svg(paths.STEPS),
    log:
        log_of(paths.STEPS),
    conda:
        ENVIRONMENT
    params:
        runs=seed_runs(),
        seeds=CONFIG.gaussians.analysis.seeds.model_dump(),
        claimed=CONFIG.gaussians.analysis.claims.worse,
        source=source_of("plot_steps"),
    script:
        "../workflow_scripts/plot_steps.py"


rule plot_one_seed:
    """Draw what one seed can and cannot tell of N."""
    input:
        summary=paths.SEED_SUMMARY_TABLE,
    output:
        png=report(
            paths.ONE_SEED,
            caption="../docs/captions/one_seed.rst",
            category="Gaussians",
            labels={"figure": "what one seed can tell"},
        ),
        svg=svg(paths.ONE_SEED),
    log:
        log_of(paths.ONE_SEED),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_one_seed"),
    script:
        "../workflow_scripts/plot_one_seed.py"
