from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config.yaml"


include: "rules/common.smk"


rule all:
    """Make every table, figure and animation of the configuration."""
    input:
        paths.everything(CONFIG),


include: "rules/gaussians.smk"
include: "rules/n_study.smk"
include: "rules/divergence.smk"
include: "rules/prediction.smk"
include: "rules/gaussians_llc.smk"
include: "rules/superposition.smk"
include: "rules/llc.smk"
include: "rules/known_answers.smk"
include: "rules/report.smk"
include: "rules/targets.smk"


onsuccess:
    report_times()


onerror:
    report_times()
