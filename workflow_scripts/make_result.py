"""Make a declared table, figure, animation or text (see `lgi.catalogue`)."""

from lgi.jobs import logged
from lgi.making import make


@logged
def main(snakemake):
    params, output = snakemake.params, snakemake.output
    make(
        params.make,
        dict(snakemake.input.items()),
        params.settings,
        {name: output[name] for name in params.outputs},
        {output[name]: draw for name, draw in params.pictures.items()},
        params.run_reader,
        params.contents,
        params.asked,
    )


if "snakemake" in globals():
    main(snakemake)
