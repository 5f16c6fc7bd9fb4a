# The example of docs/extending.md: a one-layer regression.

REGRESSION = CATALOGUE.result("train_regression")
REGRESSION_LLC = CATALOGUE.result("estimate_regression")


rule train_regression:
    """Train a regression for each seed."""
    output:
        run=REGRESSION.output,
    log:
        REGRESSION.log,
    wildcard_constraints:
        **constraints("train_regression"),
    conda:
        ENVIRONMENT
    resources:
        **requested(),
    params:
        data=CONFIG.regression.data.model_dump(),
        training=CONFIG.regression.training.model_dump(),
        seeds=CONFIG.regression.runs.seeds,
        source=source_of("train_regression"),
    script:
        "../workflow_scripts/train_regression.py"


rule estimate_regression:
    """Estimate the LLC of every regression of one run file."""
    input:
        run=REGRESSION.output,
    output:
        **REGRESSION_LLC.outputs,
    log:
        REGRESSION_LLC.log,
    wildcard_constraints:
        **constraints("estimate_regression"),
    conda:
        ENVIRONMENT
    resources:
        **requested(),
    params:
        setting=CONFIG.regression.llc.model_dump(),
        asked=asked_of_one(REGRESSION.output),
        source=source_of("estimate_regression"),
    script:
        "../workflow_scripts/estimate_regression.py"
