"""Train the models of all seeds for one start, sample size and sparsity."""

from lgi.jobs import logged, write_runs
from lgi.superposition.training.run import train_runs


@logged
def main(snakemake):
    write_runs(snakemake, train_runs)


if "snakemake" in globals():
    main(snakemake)
