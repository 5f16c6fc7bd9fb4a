from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config.yaml"


report: "docs/report.rst"


include: "rules/common.smk"


rule all:
    """Make every table, figure and animation of the configuration."""
    input:
        whole(CATALOGUE.everything()),


# Training and estimating are written out; what is made of their files is declared in lgi/*/results.py.
for study in CATALOGUE.written_out:

    include: f"rules/{study.name}.smk"


include: "rules/results.smk"
include: "rules/groups.smk"


onstart:
    prepare_slurm()
    spent.begin(str(os.getpid()))
    tell_device()


onsuccess:
    report_times()


onerror:
    report_times()
