"""Draw the chains of one estimate and their running means."""

from lgi.figures.llc import llc_trace
from lgi.figures.style import save
from lgi.jobs import logged
from lgi.llc.inference_data import read_trace


@logged
def main(snakemake):
    save(llc_trace(read_trace(snakemake.input.trace)), snakemake.output.png)


if "snakemake" in globals():
    main(snakemake)
