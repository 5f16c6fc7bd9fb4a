# The estimator of the LLC held against known answers.


rule check_known_answers:
    """Estimate every problem whose learning coefficient is known, by HMC and SGLD."""
    output:
        **shown(*CATALOGUE.rules["check_known_answers"]),
    log:
        CATALOGUE.result("check_known_answers").log,
    conda:
        ENVIRONMENT
    params:
        problems=CONFIG.llc.known_answers,
        source=source_of("check_known_answers"),
    script:
        "../workflow_scripts/check_known_answers.py"
