"""Estimate coefficients that are known exactly."""

from lgi.jobs import logged
from lgi.llc.known.answers import known_answers
from lgi.llc.known.problems import problems
from lgi.runs import write_table


@logged
def main(snakemake):
    write_table(snakemake.output.made, known_answers(problems(snakemake.params.problems)))


if "snakemake" in globals():
    main(snakemake)
