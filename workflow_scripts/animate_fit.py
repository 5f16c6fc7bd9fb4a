"""Animate one fit: image, ellipses and loss along training."""

from lgi.figures.animation import write
from lgi.figures.gaussians import fit_frames
from lgi.gaussians.run import renderer
from lgi.jobs import logged
from lgi.runs import read_run


@logged
def main(snakemake):
    run = read_run(snakemake.input.run)
    write(snakemake.output.gif, fit_frames(run, renderer(run)))


if "snakemake" in globals():
    main(snakemake)
