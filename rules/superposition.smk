# Study 2: toy models of superposition. What is made of its run files is declared in
# lgi/superposition/*/results.py.

from lgi.superposition.limit import results as limit
from lgi.superposition.llc import results as superposition_llc
from lgi.superposition.training import results as training


rule train_superposition:
    """Train the models of all seeds for one start, sample size and sparsity: one run file."""
    output:
        **CATALOGUE.result("train_superposition").output,
    log:
        CATALOGUE.result("train_superposition").log,
    wildcard_constraints:
        **constraints("train_superposition"),
    conda:
        CARD_ENVIRONMENT
    resources:
        **requested_for("train_superposition"),
    params:
        run=lambda wildcards: training.training(CONFIG, wildcards),
        source=source_of("train_superposition"),
    script:
        "../workflow_scripts/train_superposition.py"


if CONFIG.superposition.limit:

    rule train_superposition_limit:
        """Train the models of all seeds on one active feature, for one start and sample size."""
        output:
            **CATALOGUE.result("train_superposition_limit").output,
        log:
            CATALOGUE.result("train_superposition_limit").log,
        wildcard_constraints:
            **constraints("train_superposition_limit"),
        conda:
            CARD_ENVIRONMENT
        resources:
            **requested_for("train_superposition_limit"),
        params:
            run=lambda wildcards: limit.training(CONFIG, wildcards),
            source=source_of("train_superposition"),
        script:
            "../workflow_scripts/train_superposition.py"


# The local learning coefficient of its runs.

ESTIMATED = {
    name: superposition_llc.setting(CONFIG, name)
    for name in CONFIG.superposition.llc.runs
}


rule estimate_superposition_llc:
    """Estimate the LLC of every model of one run file at the listed epochs."""
    input:
        run=CATALOGUE.result("train_superposition").output["run"],
    output:
        **CATALOGUE.result("estimate_superposition_llc").outputs,
    log:
        CATALOGUE.result("estimate_superposition_llc").log,
    wildcard_constraints:
        **constraints("estimate_superposition_llc"),
    conda:
        CARD_ENVIRONMENT
    resources:
        **requested_for("estimate_superposition_llc"),
    params:
        settings=lambda wildcards: ESTIMATED[wildcards.setting],
        asked=asked_of_one(CATALOGUE.result("train_superposition").output["run"]),
        source=source_of("estimate_superposition_llc"),
    script:
        "../workflow_scripts/estimate_superposition_llc.py"


rule trace_superposition_llc:
    """Keep the chains of one estimate, as ArviZ has them, in NetCDF."""
    input:
        run=CATALOGUE.result("train_superposition").output["run"],
    output:
        **CATALOGUE.result("trace_superposition_llc").outputs,
    log:
        CATALOGUE.result("trace_superposition_llc").log,
    wildcard_constraints:
        **constraints("trace_superposition_llc"),
    conda:
        CARD_ENVIRONMENT
    resources:
        **requested_for("trace_superposition_llc"),
    params:
        settings=lambda wildcards: ESTIMATED[wildcards.setting],
        asked=asked_of_one(CATALOGUE.result("train_superposition").output["run"]),
        source=source_of("trace_superposition_llc"),
    script:
        "../workflow_scripts/trace_superposition_llc.py"


rule calibrate_superposition_llc:
    """Estimate the LLC of a few models while one value of the setting varies at a time."""
    input:
        runs=superposition_llc.calibrated_runs(CONFIG),
    output:
        **shown(*CATALOGUE.rules["calibrate_superposition_llc"]),
    log:
        CATALOGUE.result("calibrate_superposition_llc").log,
    conda:
        CARD_ENVIRONMENT
    resources:
        **requested_for("calibrate_superposition_llc"),
    params:
        settings=superposition_llc.calibration(CONFIG),
        models=superposition_llc.calibrated(CONFIG),
        asked=asked_of(lambda wildcards: superposition_llc.calibrated_runs(CONFIG)),
        source=source_of("calibrate_superposition_llc"),
    script:
        "../workflow_scripts/calibrate_superposition_llc.py"


rule resolve_superposition_llc:
    """Estimate the LLC of a few models at larger and smaller scales of nβ and γ."""
    input:
        runs=superposition_llc.resolved_runs(CONFIG),
    output:
        **shown(*CATALOGUE.rules["resolve_superposition_llc"]),
    log:
        CATALOGUE.result("resolve_superposition_llc").log,
    conda:
        CARD_ENVIRONMENT
    resources:
        **requested_for("resolve_superposition_llc"),
    params:
        settings=superposition_llc.resolution(CONFIG),
        models=superposition_llc.resolved(CONFIG),
        asked=asked_of(lambda wildcards: superposition_llc.resolved_runs(CONFIG)),
        source=source_of("resolve_superposition_llc"),
    script:
        "../workflow_scripts/resolve_superposition_llc.py"
