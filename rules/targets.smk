# Groups of results by name, and an answer to paths that name nothing.


localrules:
    all,
    gaussians,
    superposition,
    llc,
    tables,
    figures,
    animations,
    report,
    gallery,


rule gaussians:
    """Study 1: every fit, table, figure and animation of it."""
    input:
        paths.gaussians_runs(CONFIG),
        paths.GAUSSIANS_TABLE,
        paths.gaussians_figures(CONFIG),
        paths.gaussians_animations(CONFIG),
        paths.GAUSSIANS_REPORT,


rule superposition:
    """Study 2: every training run, table, figure and animation of it."""
    input:
        paths.superposition_runs(CONFIG),
        paths.SUPERPOSITION_TABLE,
        paths.START_TABLE,
        paths.superposition_figures(CONFIG),
        paths.superposition_animations(CONFIG),


rule llc:
    """Every LLC estimate, its tables and figures."""
    input:
        paths.llc_estimates(CONFIG),
        paths.llc_traces(CONFIG),
        paths.LLC_TABLE,
        paths.KNOWN_ANSWERS_TABLE,
        paths.VERDICT_TABLE,
        paths.CORRELATION_TABLE,
        paths.CALIBRATION_TABLE,
        paths.CLAIM_TABLE,
        paths.llc_figures(CONFIG),


rule tables:
    """Every gathered table."""
    input:
        paths.tables(CONFIG),


rule figures:
    """Every figure of both studies."""
    input:
        paths.gaussians_figures(CONFIG),
        paths.superposition_figures(CONFIG),
        paths.llc_figures(CONFIG),


rule animations:
    """Every animation of both studies."""
    input:
        paths.gaussians_animations(CONFIG),
        paths.superposition_animations(CONFIG),


rule report:
    """Every written analysis."""
    input:
        paths.GAUSSIANS_REPORT,


rule gallery:
    """Renew the small copies of pictures that README and docs show."""
    input:
        [paths.gallery(path) for path in CONFIG.gallery],


rule copy_to_gallery:
    """Make a small copy of a picture for the pages of the repository."""
    input:
        picture=gallery_source,
    output:
        small=paths.GALLERY,
    log:
        log_of("gallery/{name}"),
    conda:
        ENVIRONMENT
    params:
        source=source_of("copy_to_gallery"),
    script:
        "../workflow_scripts/copy_to_gallery.py"


rule unknown:
    """Say what exists in place of a path below results/ that names nothing."""
    input:
        refuse,
    output:
        "results/{anything}",
    log:
        "logs/{anything}.log",
    wildcard_constraints:
        # A catch-all that matches no path that another rule makes.
        anything=rf"(?!({paths.known(LEGAL)})$).+",
    conda:
        ENVIRONMENT
    shell:
        "exit 1"
