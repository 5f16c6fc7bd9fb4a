"""Keep the chains of one estimate, as ArviZ InferenceData in NetCDF."""

from lgi.jobs import logged
from lgi.llc.inference_data import trace_of, write_trace
from lgi.runs import read_run
from lgi.superposition.llc.estimates import trace_run


@logged
def main(snakemake):
    names, setting = snakemake.wildcards, snakemake.params.settings["setting"]
    model = {"seed": int(names.seed), "epoch": int(names.epoch)}
    run = read_run(snakemake.input.run)
    record = {name: run.record[name] for name in ("init", "samples", "sparsity")} | model
    write_trace(snakemake.output.made, trace_of(trace_run(run, setting, **model), setting, record))


if "snakemake" in globals():
    main(snakemake)
