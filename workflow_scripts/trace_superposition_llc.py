"""Keep the chains of one estimate, as ArviZ has them, in NetCDF."""

from lgi.asked import read_asked, recorded
from lgi.jobs import device_in_use, logged
from lgi.llc.inference_data import trace_of, write_trace
from lgi.superposition.llc.estimates import trace_run


@logged
def main(snakemake):
    names, params = snakemake.wildcards, snakemake.params
    setting = params.settings["setting"]
    model = {"seed": int(names.seed), "epoch": int(names.epoch)}
    run = read_asked(snakemake.input.run, params.asked)
    record = {name: run.record[name] for name in ("init", "samples", "sparsity")} | model
    record |= recorded({}, params.source)
    with device_in_use(snakemake):
        traces = trace_run(run, setting, **model)
    write_trace(snakemake.output.made, trace_of(traces, setting, record))


if "snakemake" in globals():
    main(snakemake)
