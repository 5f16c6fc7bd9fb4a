"""Gather the learning coefficients of fits, and judge what is said of them."""

from lgi.gaussians.llc import gathered
from lgi.gaussians.llc_claims import claims
from lgi.gaussians.llc_settings import CoefficientClaims
from lgi.jobs import logged
from lgi.runs import write_table
from lgi.verdicts import claim_table


@logged
def main(snakemake):
    settings = CoefficientClaims.model_validate(snakemake.params.claims)
    table = gathered(snakemake.input.estimates)
    write_table(snakemake.output.table, table)
    write_table(snakemake.output.sweep, gathered(snakemake.input.sweeps))
    write_table(snakemake.output.claims, claim_table(claims(table, settings)))


if "snakemake" in globals():
    main(snakemake)
