from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config.yaml"


include: "rules/common.smk"


rule all:
    """Make every table, figure and animation of the configuration."""
    input:
        paths.everything(CONFIG),


include: "rules/gaussians.smk"
include: "rules/superposition.smk"
include: "rules/llc.smk"
include: "rules/known_answers.smk"
include: "rules/targets.smk"
