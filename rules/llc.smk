# The estimator of the LLC held against known answers.

from lgi.llc.known import results as known_answers


rule check_known_answers:
    """Estimate every problem whose learning coefficient is known, with one setting."""
    output:
        **shown(*CATALOGUE.rules["check_known_answers"]),
    log:
        CATALOGUE.result("check_known_answers").log,
    conda:
        CARD_ENVIRONMENT
    resources:
        **requested_for("check_known_answers"),
    params:
        settings=known_answers.settings(CONFIG),
        rungs=CONFIG.llc.rungs,
        source=source_of("check_known_answers"),
    script:
        "../workflow_scripts/check_known_answers.py"
