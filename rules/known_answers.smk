# The estimator against learning coefficients that are known exactly.


rule check_known_answers:
    """Estimate every problem whose learning coefficient is known, with every sampler."""
    output:
        table=report(
            paths.KNOWN_ANSWERS_TABLE,
            category="LLC",
            labels={"table": "known answers"},
        ),
    log:
        log_of(paths.KNOWN_ANSWERS_TABLE),
    conda:
        ENVIRONMENT
    params:
        problems=CONFIG.llc.known_answers,
        source=source_of("check_known_answers"),
    script:
        "../workflow_scripts/check_known_answers.py"


rule plot_known_answers:
    """Draw estimate against truth, and each problem's relative error in its tolerance."""
    input:
        table=paths.KNOWN_ANSWERS_TABLE,
    output:
        png=report(
            paths.KNOWN_ANSWERS,
            caption="../docs/captions/llc_known_answers.rst",
            category="LLC",
            labels={"figure": "known answers"},
        ),
        svg=svg(paths.KNOWN_ANSWERS),
    log:
        log_of(paths.KNOWN_ANSWERS),
    conda:
        ENVIRONMENT
    params:
        source=source_of("plot_known_answers"),
    script:
        "../workflow_scripts/plot_known_answers.py"
