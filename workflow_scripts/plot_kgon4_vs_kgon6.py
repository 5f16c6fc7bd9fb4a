"""Draw mean and best final loss of four-gon and six-gon starts."""

from lgi.figures.style import save
from lgi.figures.superposition import kgon4_vs_kgon6
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    table = read_table(snakemake.input.table)
    starts = table[table["init"].isin(["kgon4", "kgon6"])]
    save(kgon4_vs_kgon6(starts, samples=snakemake.params.samples), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
