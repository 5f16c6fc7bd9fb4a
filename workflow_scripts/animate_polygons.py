"""Animate the polygon of one model along training."""

from lgi.figures.animation import write
from lgi.figures.polygons import polygon_frames
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    frames = polygon_frames(read_run(snakemake.input.run), seed=int(snakemake.wildcards.model))
    write(snakemake.output.gif, frames)


if "snakemake" in globals():
    main(snakemake)
