# Groups of results by name, and an answer to paths that name nothing.

workflow.localrules("all", "gallery", *CATALOGUE.groups())

for group, targets in CATALOGUE.groups().items():

    rule:
        name:
            group
        input:
            whole(targets),

    workflow.get_rule(group).docstring = CATALOGUE.purpose(group)


rule gallery:
    """Renew the small copies of pictures that README and docs show."""
    input:
        list(copies(CONFIG.gallery)),


rule copy_to_gallery:
    """Make a small copy of a picture for the pages of the repository."""
    input:
        picture=lambda wildcards: copies(CONFIG.gallery)[COPY.format(**wildcards)],
    output:
        small=COPY,
    log:
        "logs/gallery/{name}.log",
    wildcard_constraints:
        name="|".join(map(re.escape, map(copy_name, CONFIG.gallery))) or "(?!)",
    conda:
        ENVIRONMENT
    resources:
        **requested(),
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
        anything=rf"(?!({CATALOGUE.known()})$).+",
    conda:
        ENVIRONMENT
    shell:
        "exit 1"
