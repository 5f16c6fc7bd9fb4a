"""Draw the LLC along training for every estimated setting, one below the other."""

from lgi.figures.llc import llc_settings
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    figure = llc_settings(read_table(snakemake.input.llc), samples=snakemake.params.samples)
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
