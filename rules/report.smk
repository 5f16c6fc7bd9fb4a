# The written analyses.


rule write_gaussians_report:
    """Write the analysis of study 1 from its tables: claims with verdicts, findings, methods."""
    input:
        **paths.report_tables(),
        figures=list(paths.report_figures(CONFIG).values()),
    output:
        text=report(
            paths.GAUSSIANS_REPORT,
            caption="../docs/captions/gaussians_report.rst",
            category="Gaussians",
            labels={"text": "the written analysis"},
        ),
    log:
        log_of(paths.GAUSSIANS_REPORT),
    conda:
        ENVIRONMENT
    params:
        settings=CONFIG.gaussians.analysis.model_dump(),
        figures=linked_figures(),
        source=source_of("write_gaussians_report"),
    script:
        "../workflow_scripts/write_gaussians_report.py"
