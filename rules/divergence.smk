# Study 1: why training turns, what cures it, and whether it holds for other images.


rule tabulate_turns:
    """Tabulate how loss and coverage move once the best of a fit is behind it."""
    input:
        runs=paths.gaussians_runs(CONFIG),
    output:
        table=report(
            update(paths.TURN_TABLE),
            category="Gaussians",
            labels={"table": "turns of all fits"},
        ),
        claims=update(paths.TURN_CLAIM_TABLE),
    log:
        log_of(paths.TURN_TABLE),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.turn.model_dump(),
        source=source_of("tabulate_turns"),
    script:
        "../workflow_scripts/tabulate_turns.py"


rule compare_recipes:
    """Compare recipes with the reference, run by run."""
    input:
        table=paths.GAUSSIANS_TABLE,
        turns=paths.TURN_TABLE,
    output:
        table=report(
            update(paths.CURE_TABLE),
            category="Gaussians",
            labels={"table": "recipes compared"},
        ),
        claims=update(paths.CURE_CLAIM_TABLE),
    log:
        log_of(paths.CURE_TABLE),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.cures.model_dump(),
        runs=compared_runs(),
        recipes=compared_recipes(),
        source=source_of("compare_recipes"),
    script:
        "../workflow_scripts/compare_recipes.py"


rule compare_images:
    """Tabulate best loss against N / pixels for every image and resolution."""
    input:
        table=paths.GAUSSIANS_TABLE,
    output:
        table=report(
            update(paths.ELSEWHERE_TABLE),
            category="Gaussians",
            labels={"table": "images and resolutions"},
        ),
        claims=update(paths.ELSEWHERE_CLAIM_TABLE),
    log:
        log_of(paths.ELSEWHERE_TABLE),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.elsewhere.model_dump(),
        runs=list(
            map(tuple, CONFIG.gaussian_runs(*CONFIG.gaussians.analysis.elsewhere.runs))
        ),
        source=source_of("compare_images"),
    script:
        "../workflow_scripts/compare_images.py"


rule plot_turn:
    """Draw loss on covered and uncovered pixels along training, all runs of the reference."""
    input:
        runs=reference_runs(),
    output:
        png=report(
            paths.TURN,
            caption="../docs/captions/turn.rst",
            category="Gaussians",
            labels={"figure": "loss and coverage of all runs"},
        ),
        svg=svg(paths.TURN),
    log:
        log_of(paths.TURN),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_turn"),
    script:
        "../workflow_scripts/plot_turn.py"


rule plot_cures:
    """Draw best and last loss of every recipe, and how many of its runs turn."""
    input:
        cures=paths.CURE_TABLE,
        table=paths.GAUSSIANS_TABLE,
    output:
        png=report(
            paths.CURES,
            caption="../docs/captions/cures.rst",
            category="Gaussians",
            labels={"figure": "recipes compared"},
        ),
        svg=svg(paths.CURES),
    log:
        log_of(paths.CURES),
    conda:
        ENVIRONMENT
    params:
        runs=compared_runs(),
        source=source_of("plot_cures"),
    script:
        "../workflow_scripts/plot_cures.py"


rule plot_elsewhere:
    """Draw best loss against N / pixels for every image and resolution."""
    input:
        table=paths.ELSEWHERE_TABLE,
    output:
        png=report(
            paths.ELSEWHERE,
            caption="../docs/captions/elsewhere.rst",
            category="Gaussians",
            labels={"figure": "images and resolutions"},
        ),
        svg=svg(paths.ELSEWHERE),
    log:
        log_of(paths.ELSEWHERE),
    conda:
        ENVIRONMENT
    params:
        ratio=CONFIG.gaussians.analysis.elsewhere.ratio,
        source=source_of("plot_elsewhere"),
    script:
        "../workflow_scripts/plot_elsewhere.py"


rule plot_neighbours:
    """Draw fits of neighbouring N beside each other: arrangement, bounds and errors."""
    input:
        runs=paths.neighbour_runs(CONFIG),
    output:
        png=report(
            paths.NEIGHBOURS,
            caption="../docs/captions/neighbours.rst",
            category="Gaussians",
            labels={"figure": "neighbouring N"},
        ),
        svg=svg(paths.NEIGHBOURS),
    log:
        log_of(paths.NEIGHBOURS),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_neighbours", "lgi.gaussians.fit_cpu"),
    script:
        "../workflow_scripts/plot_neighbours.py"
