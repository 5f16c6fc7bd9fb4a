# Study 2: toy models of superposition. What is made of its run files is declared in
# lgi/superposition/*/results.py.

from lgi.superposition.llc import results as superposition_llc
from lgi.superposition.training.engines import TRAIN as TRAIN_ENGINES
from lgi.superposition.training.results import training_minutes


rule train_superposition:
    """Train the models of all seeds for one start, sample size and sparsity: one run file."""
    output:
        **CATALOGUE.result("train_superposition").output,
    log:
        CATALOGUE.result("train_superposition").log,
    wildcard_constraints:
        **constraints("train_superposition"),
    conda:
        ENVIRONMENT
    resources:
        **TRAINING_RESOURCES,
        **requested(
            minutes=training_minutes(
                CONFIG.superposition.training, CONFIG.superposition.runs.seeds
            )
        ),
    params:
        initialisation=lambda wildcards: CONFIG.superposition.initialisations[
            wildcards.init
        ].model_dump(),
        sparsity=lambda wildcards: CONFIG.superposition.runs.exact[wildcards.sparsity],
        hidden=CONFIG.superposition.hidden,
        data=CONFIG.superposition.data.model_dump(),
        training=CONFIG.superposition.training.model_dump(),
        seeds=CONFIG.superposition.runs.seeds,
        device=CONFIG.device,
        source=source_of("train_superposition", TRAIN_ENGINES[CONFIG.device].function),
    script:
        "../workflow_scripts/train_superposition.py"


if LIMIT := CONFIG.superposition.limit:

    rule train_superposition_limit:
        """Train the models of all seeds on one active feature, for one start and sample size."""
        output:
            **CATALOGUE.result("train_superposition_limit").output,
        log:
            CATALOGUE.result("train_superposition_limit").log,
        wildcard_constraints:
            **constraints("train_superposition_limit"),
        conda:
            ENVIRONMENT
        resources:
            **TRAINING_RESOURCES,
            **requested(minutes=training_minutes(LIMIT.training, LIMIT.runs.seeds)),
        params:
            initialisation=lambda wildcards: CONFIG.superposition.initialisations[
                wildcards.limit_init
            ].model_dump(),
            training=LIMIT.training.model_dump(),
            data=LIMIT.data.model_dump(),
            seeds=LIMIT.runs.seeds,
            device=CONFIG.device,
            source=source_of(
                "train_superposition_limit", TRAIN_ENGINES[CONFIG.device].function
            ),
        script:
            "../workflow_scripts/train_superposition_limit.py"


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
        ENVIRONMENT
    resources:
        **requested(),
    params:
        settings=lambda wildcards: ESTIMATED[wildcards.setting],
        asked=asked_of_one(CATALOGUE.result("train_superposition").output["run"]),
        source=source_of("estimate_superposition_llc"),
    script:
        "../workflow_scripts/estimate_superposition_llc.py"


rule trace_superposition_llc:
    """Keep the chains of one estimate, as ArviZ InferenceData in NetCDF."""
    input:
        run=CATALOGUE.result("train_superposition").output["run"],
    output:
        **CATALOGUE.result("trace_superposition_llc").outputs,
    log:
        CATALOGUE.result("trace_superposition_llc").log,
    wildcard_constraints:
        **constraints("trace_superposition_llc"),
    conda:
        ENVIRONMENT
    resources:
        **requested(),
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
        ENVIRONMENT
    resources:
        **requested(),
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
        ENVIRONMENT
    resources:
        **requested(),
    params:
        settings=superposition_llc.resolution(CONFIG),
        models=superposition_llc.resolved(CONFIG),
        asked=asked_of(lambda wildcards: superposition_llc.resolved_runs(CONFIG)),
        source=source_of("resolve_superposition_llc"),
    script:
        "../workflow_scripts/resolve_superposition_llc.py"
