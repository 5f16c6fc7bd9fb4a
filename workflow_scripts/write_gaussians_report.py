"""Write the analysis of study 1 from its tables."""

from lgi.gaussians.report import write
from lgi.jobs import logged
from lgi.runs import atomic_path, read_table


@logged
def main(snakemake):
    tables = {name: read_table(path) for name, path in snakemake.input.items() if name != "figures"}
    claims, params = tables.pop("claims"), snakemake.params
    text = write(claims, tables, params.settings, params.figures)
    with atomic_path(snakemake.output.text) as temporary:
        temporary.write_text(text)


if "snakemake" in globals():
    main(snakemake)
