"""Draw estimates of the LLC beside exact learning coefficients."""

from lgi.figures.known_answers import known_answers
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_table


@logged
def main(snakemake):
    save(known_answers(read_table(snakemake.input.table)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
