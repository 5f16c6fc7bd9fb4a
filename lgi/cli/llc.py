"""`lgi llc`: learning coefficients of what a run file holds, or of a model of one's own."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgi.cli.configuration import ConfigFile, Device, Force, configuration, known, section
from lgi.cli.terminal import say, table, watched
from lgi.cli.values import LARGEST_SEED, numbers, positive, whole

if TYPE_CHECKING:
    import pandas as pd

    from lgi.cli.own import Changes
    from lgi.runs import Run

FUNCTION = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")
OF_MODELS = "a model of your own"
OF_RUNS = "a run file"

COLUMNS = {
    "seed": "",
    "epoch": ",",
    "kgon": "",
    "loss_at_w": ".4g",
    "llc": ".3f",
    "llc_se": ".3f",
    "hessian_llc": ".3f",
    "rhat": ".3f",
    "ess": ".0f",
    "status": "",
}
FIT_COLUMNS = {
    "setting": "",
    "noise": "g",
    "localisation": "g",
    "llc": ".2f",
    "llc_se": ".2f",
    "predicted": ".2f",
    "parameters": ",",
    "rmse": ".4f",
    "rhat": ".3f",
    "ess": ".0f",
    "status": "",
}


EXAMPLES = (
    "lgi llc kgon4_samples1000_sparsity0.9000.npz",
    "lgi llc kgon4_samples1000_sparsity0.9000.npz --setting coarse --epochs 13,526,40000",
    "lgi llc kgon4_samples1000_sparsity0.9000.npz --trace --seed 3 --epoch 40000",
    "lgi llc cat_minimum_n20_seed0.npz --setting sharp",
    "lgi llc mine:model                       # mine.py in this folder has a function model()",
    "lgi llc mine:model --batch-size 256 --step-size 1e-6 --draws 5000 --out model.json",
    "lgi llc mine:model --parameters 'layers.0.*'",
)


def llc(
    of: Annotated[
        str,
        typer.Argument(metavar="RUN|MODULE:FUNCTION", help="A run file, or what returns a model."),
    ],
    setting: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a run file: a setting of the configuration; else the one that study 2 draws, "
            "or all of study 1. Of your own model: hmc, sgld, or a YAML file.",
        ),
    ] = None,
    epochs: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Snapshots of a run of study 2, such as 0,13,40000."),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Keep the chains of one model of study 2 (NetCDF).")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(metavar="SEED", parser=whole(0, LARGEST_SEED), help="Whose; else the first."),
    ] = None,
    epoch: Annotated[
        int | None, typer.Option(metavar="EPOCH", parser=whole(0), help="When; else the last.")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole(5), help="Of a chain, a fifth of them burn-in."),
    ] = None,
    chains: Annotated[
        int | None, typer.Option(metavar="N", parser=whole(2, 10**6), help="How many.")
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole(1), help="Samples of a step; asks for sgld."),
    ] = None,
    step_size: Annotated[
        float | None, typer.Option(metavar="E", parser=positive(), help="Of the sampler.")
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Those that are sampled, such as 'layers.0.*'; may be repeated."
        ),
    ] = None,
    per_layer: Annotated[
        bool, typer.Option("--per-layer", help="A coefficient for each layer.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="WHERE",
            help="Of a run file: the folder of tables, else that of the run. Of your own model: "
            "a .json of its columns, or an .nc of its chains.",
        ),
    ] = None,
    device: Device = None,
    config: ConfigFile = None,
    force: Force = False,
) -> None:
    """Estimate learning coefficients of a run file, or of your own PyTorch model.

    Of a run file it writes RUN_llc_SETTING.csv, of a fit RUN_minimum.npz and RUN_llc.csv, or with
    --trace a .nc; they have the numbers of the workflow's.

    The function takes nothing and returns (module, loss, data), or a dict with these and, if need
    be, setting and any option of lgi.llc.library.Options.
    """
    changes = {"draws": draws, "chains": chains, "batch_size": batch_size, "step_size": step_size}
    of_models = {**changes, "parameters": parameters, "per_layer": per_layer}
    of_runs: dict[str, Any] = {
        "epochs": epochs,
        "trace": trace,
        "seed": seed,
        "epoch": epoch,
        "device": device,
    }
    of_runs |= {"config": config}
    if not Path(of).is_file() and (match := FUNCTION.fullmatch(of)):
        _refuse(of_runs, OF_RUNS, OF_MODELS)
        _own(match[1], match[2], setting, changes, parameters, per_layer, out, force)
        return
    _refuse(of_models, OF_MODELS, OF_RUNS)
    if not trace:
        _refuse({"seed": seed, "epoch": epoch}, "--trace", "tables")
    _of_run(Path(of), setting, epochs, trace, seed, epoch, out, device, config, force)


def _refuse(options: dict[str, Any], whose: str, here: str) -> None:
    """Raise BadParameter if one of some options is given where it has no meaning."""
    for name, value in options.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"is for {whose}, not for {here}", param_hint=option)


def _of_run(file, setting, epochs, trace, seed, epoch, out, device, config, force) -> None:
    from lgi import devices, engines
    from lgi.cli import made
    from lgi.cli.show import need_archive
    from lgi.errors import RunFileError
    from lgi.runs import read_run

    need_archive(file)
    run = read_run(file)
    folder = out or file.parent
    checked = configuration(config, {"device": device} if device else {})
    study = run.record.get("study")
    with engines.on(devices.choose(checked.device)[0]):
        if study == "superposition" and "epoch" in run.arrays:
            made.need_folder(folder)
            chosen = _setting(checked, run, setting, epochs)
            if trace:
                _trace(run, *chosen, seed, epoch, folder, force)
            else:
                _table(run, *chosen, folder, force)
        elif study == "gaussians" and "best" in run.arrays:
            _refuse({"epochs": epochs, "trace": trace}, "runs of study 2", "fits")
            made.need_folder(folder)
            _fit(run, checked, setting, folder, force)
        else:
            raise RunFileError(f"{file}: neither a fit of study 1 nor a training of study 2")


def _setting(checked, run: "Run", name: str | None, epochs: str | None) -> tuple[str, Any]:
    """Return name and setting, with the epochs of the run's own snapshots."""
    llc = section(checked, "superposition").llc
    name = known(name or llc.drawn, llc.settings, "--setting", "setting")
    there = run["epoch"].tolist()
    chosen = llc.settings[name].at(there)
    if epochs is None:
        return name, chosen
    wanted = numbers(epochs, "--epochs")
    if missing := [one for one in wanted if one not in there]:
        from lgi.errors import listed

        raise typer.BadParameter(
            f"{run.path} has no snapshot at {listed(missing)}; there are {listed(there)}",
            param_hint="--epochs",
        )
    return name, chosen.model_copy(update={"epochs": type(chosen.epochs)(at=wanted)})


def _table(run: "Run", name: str, setting: Any, folder: Path, force: bool) -> None:
    from lgi.cli import compiling, made
    from lgi.runs import read_table, write_table
    from lgi.superposition.llc.estimates import estimate_run

    path = folder / f"{run.path.stem}_llc_{name}.csv"
    record = _record({"setting": setting}, "estimate_superposition_llc", run)
    if not made.is_table_made(path, record, force):
        models = len(run["seed"]) * len(setting.epochs.at)
        with watched(f"estimating {models:,} models, {name}"), compiling.told("llc"):
            found = estimate_run(run, setting)
        write_table(path, found, record)
    _tell(read_table(path), COLUMNS, path)


def _trace(run: "Run", name: str, setting: Any, seed, epoch, folder: Path, force: bool) -> None:
    from lgi.cli import compiling, made
    from lgi.llc.inference_data import read_trace, trace_of, write_trace
    from lgi.superposition.llc.estimates import trace_run

    model = {
        "seed": int(run["seed"][0]) if seed is None else seed,
        "epoch": int(run["epoch"][-1]) if epoch is None else epoch,
    }
    path = folder / f"{run.path.stem}_seed{model['seed']}_epoch{model['epoch']}_llc_{name}.nc"
    named = {key: run.record[key] for key in ("init", "samples", "sparsity")} | model
    record = named | _record({}, "trace_superposition_llc", run)
    asked = record | {"setting": setting.model_dump(mode="json")}
    if not made.is_recorded(path, lambda: read_trace(path).record, asked, force):
        with watched(f"sampling {path.name}"), compiling.told("llc"):
            traces = trace_run(run, setting, **model)
            write_trace(path, trace_of(traces, setting, record))
    trace = read_trace(path)
    mean = trace.llc[:, trace.burn_in :].mean()
    say(
        f"llc {mean:.3f}, {len(trace.loss)} chains; whether it is a coefficient its status says, "
        "which lgi llc without --trace tells"
    )
    print(path)


def _fit(run: "Run", checked, name: str | None, folder: Path, force: bool) -> None:
    from lgi.cli import compiling, made
    from lgi.gaussians.fits.view import Fit
    from lgi.gaussians.llc.estimates import estimate_minimum
    from lgi.gaussians.llc.minimum import find_minimum
    from lgi.runs import read_run, read_table, write_run, write_table

    llc = section(checked, "gaussians").llc
    settings = llc.settings
    if name:
        settings = {known(name, settings, "--setting", "setting"): settings[name]}
    fit, source = Fit(run), made.source_of("find_minimum")
    minimum = folder / f"{run.path.stem}_minimum.npz"
    of_minimum = {
        **{key: run.record[key] for key in ("image", "recipe", "n", "seed")},
        "settings": llc.minimum,
        "provenance": {"source": source},
    }
    if not made.is_made(minimum, of_minimum, [], force):
        with watched(f"looking for the minimum near {run.path.name}"), compiling.told("minimum"):
            write_run(minimum, *find_minimum(fit, llc.minimum, source))
    print(minimum)
    path = folder / f"{run.path.stem}_llc{f'_{name}' if name else ''}.csv"
    record = _record({"settings": settings}, "estimate_gaussians_llc", run)
    if not made.is_table_made(path, record, force):
        with watched("estimating its effective dimension"), compiling.told("llc"):
            found = estimate_minimum(read_run(minimum), settings)
        write_table(path, found, record)
    _tell(read_table(path), FIT_COLUMNS, path)


def _tell(estimates: "pd.DataFrame", columns: dict[str, str], path: Path) -> None:
    """Print estimates, how many are coefficients, and where they are."""
    table(estimates.to_dict("records"), columns, f"in {path}")
    counts = estimates["status"].value_counts()
    told = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    print(f"status: {told} (what is not ok is no coefficient; why stands in the table)")
    print(path)


def _record(settings: dict[str, Any], rule: str, run: "Run") -> dict[str, Any]:
    """Return the record of the workflow's table, and which run file it is of."""
    from hashlib import sha256

    from lgi.asked import recorded
    from lgi.cli import made

    return recorded(settings, made.source_of(rule)) | {
        "run": sha256(run.path.read_bytes()).hexdigest()
    }


def _own(module, function, setting, changes: "Changes", parameters, per_layer, out, force) -> None:
    from lgi.cli import compiling, made, own

    made.need_free(out, force)
    asked = own.asked(module, function, setting, changes, parameters)
    if out:
        own.need_format(out, per_layer)
    with compiling.told("own"):
        if per_layer:
            own.tell_layers(own.layers(asked), out)
        else:
            own.tell(own.draws(asked), out)
