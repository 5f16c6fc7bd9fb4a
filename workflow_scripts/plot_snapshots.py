"""Draw the polygon of one model at a few snapshots."""

from lgi.figures.polygons import snapshots
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    figure = snapshots(
        read_run(snakemake.input.run),
        seed=int(snakemake.wildcards.model),
        epochs=list(snakemake.params.epochs),
    )
    save(figure, snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
