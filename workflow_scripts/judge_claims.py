"""Give each statement of the study its verdict, with the numbers behind it."""

from lgi.jobs import logged
from lgi.runs import read_table, write_table
from lgi.superposition.claims import claims
from lgi.superposition.settings import ClaimSettings


@logged
def main(snakemake):
    params = snakemake.params
    losses, llc = read_table(snakemake.input.superposition), read_table(snakemake.input.llc)
    settings = ClaimSettings.model_validate(params.claims)
    table = claims(losses, llc[llc["setting"] == params.setting], settings)
    write_table(snakemake.output.table, table)


if "snakemake" in globals():
    main(snakemake)
