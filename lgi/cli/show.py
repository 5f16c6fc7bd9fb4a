"""`lgi show`: what a file is, and how it ended."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgi.cli.configuration import ConfigFile, Force, configuration
from lgi.cli.terminal import lines
from lgi.cli.values import LARGEST_SEED, whole

if TYPE_CHECKING:
    from lgi.runs import Run

PICTURES = (".png", ".gif")


EXAMPLES = (
    "lgi show cat_exact_n200_seed0.npz",
    "lgi show cat_exact_n200_seed0.npz --picture cat.gif",
    "lgi show kgon4_samples1000_sparsity0.9000.npz --picture third.gif --seed 3",
    "lgi show results/tables/superposition_llc.csv",
)


def show(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A run file, table or trace of lgi.")
    ],
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            help="Draw it there; of a run as .gif too. SVG or MP4 come beside.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="SEED",
            parser=whole(0, LARGEST_SEED),
            help="Of the model that is drawn; else the first.",
        ),
    ] = None,
    config: ConfigFile = None,
    force: Force = False,
) -> None:
    """Say what a file is, how it was made and how it ended; draw it.

    Files are compared with their checksums: one that is damaged, or not of lgi, is said to be so.
    """
    from lgi.errors import LgiError, RunFileError

    if picture and picture.suffix not in PICTURES:
        raise typer.BadParameter(
            f"{picture}; allowed are names that end in .png or .gif", param_hint="--picture"
        )
    if picture and picture.exists() and not force:
        raise LgiError(f"{picture}: exists; --force replaces it")
    kinds = {".npz": _run, ".csv": _table, ".nc": _trace}
    if file.suffix not in kinds:
        if not file.exists():
            raise RunFileError(f"{file}: no such file")
        raise RunFileError(
            f"{file}: no file of lgi; those are runs (.npz), tables (.csv) and traces (.nc)"
        )
    kinds[file.suffix](file, picture, seed, config)


def need_archive(file: Path) -> None:
    """Raise RunFileError if a file is not even of the format of run files."""
    from lgi.errors import RunFileError

    try:
        with open(file, "rb") as content:
            begins = content.read(2)
    except OSError:
        return  # reading says why
    if begins != b"PK":
        raise RunFileError(f"{file}: no run file of lgi: it does not begin as one")


def _run(file: Path, picture: Path | None, seed: int | None, config: Path | None) -> None:
    from lgi.runs import read_run

    need_archive(file)
    run = read_run(file)
    study = run.record.get("study")
    tellers = {"gaussians": _fit, "superposition": _training}
    tell = _minimum if "curvature" in run.arrays else tellers.get(str(study), _other)
    lines({"file": file, **tell(run), **_origin(run.record), "whole": "yes, by its checksum"})
    if picture:
        _draw_run(run, picture, seed, config)


def _fit(run: "Run") -> dict[str, Any]:
    from lgi.cli.fit import ended
    from lgi.gaussians.fits.view import Fit

    fit = Fit(run)
    return {
        "what": f"study 1: a fit of {fit.n:,} Gaussians to {fit.image}, "
        f"{fit.width} x {fit.height} pixels",
        "recipe": f"{fit.recipe_name}: {_recipe(fit.record['recipe'])}",
        "seed": fit.seed,
        "ended": ended(run.path),
        "at the end": f"loss {fit['loss'][-1]:.4g}, {fit['uncovered'][-1]:.2%} of pixels uncovered",
        "states": f"{len(fit['snapshots'])} along training",
    }


def _recipe(recipe: Mapping[str, Any]) -> str:
    optimiser, trained = recipe["optimiser"], ", ".join(recipe["trained"])
    return (
        f"{recipe['iterations']:,} iterations from a {recipe['initialisation']['kind']} start, "
        f"{optimiser['kind']} at rate {optimiser['rate']:g} ({recipe['schedule']['kind']}), "
        f"{recipe['edge']['kind']} edge at {recipe['cutoff']:g} sigma, trained: {trained}"
    )


def _training(run: "Run") -> dict[str, Any]:
    from lgi.cli.train import ended
    from lgi.superposition.training.view import Models

    record, models = run.record, Models(run)
    data, training = record["data"], record["training"]
    return {
        "what": f"study 2: {len(models.seeds)} toy models, {data['features']} features in "
        f"{record['hidden']} dimensions",
        "start": record["init"],
        "data": f"{data['kind']}, {record['samples']:,} samples each, "
        f"sparsity {record['sparsity']:.4g}",
        "seeds": _span(models.seeds.tolist()),
        "training": f"rate {training['rate']:g}, momentum {training['momentum']:g}, "
        f"batches of {training['batch_size']:,}",
        "states": f"{len(models.epochs)} from epoch 0 to {models.epochs[-1]:,}",
        "ended": ended(run.path),
    }


def _minimum(run: "Run") -> dict[str, Any]:
    record = run.record
    return {
        "what": f"study 1: the minimum near a fit of {record['n']:,} Gaussians to "
        f"{record['image_name']} ({record['recipe_name']}, seed {record['seed']})",
        "free": f"{len(run['free']):,} of {record['trained']:,} trained values, "
        "the others are on a bound",
        "squared error": f"{record['loss']:.6g}, at the fit {record['loss_of_fit']:.6g}",
        "moved": f"{record['moved']:.3g} at most",
    }


def _other(run: "Run") -> dict[str, Any]:
    arrays = ", ".join(f"{name} {array.shape}" for name, array in sorted(run.arrays.items()))
    study = run.record.get("study", "a study that its record does not name")
    return {
        "what": f"a run of {study}",
        "arrays": arrays,
        "state": run.record.get("state", "not said"),
    }


def _origin(record: Mapping[str, Any]) -> dict[str, Any]:
    origin = record.get("provenance", {})
    versions = ", ".join(f"{name} {value}" for name, value in origin.get("versions", {}).items())
    made = [versions, f"on {origin['device']}" if "device" in origin else ""]
    found = {"made by": ", ".join(filter(None, made)), "source": origin.get("source")}
    return {name: value for name, value in found.items() if value}


def _span(values: list[int]) -> str:
    if len(values) > 2 and values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]} to {values[-1]}"
    from lgi.errors import listed

    return listed(values)


def _table(file: Path, picture: Path | None, seed: int | None, config: Path | None) -> None:
    from lgi.runs import read_table

    _no_picture(picture, seed, "a table")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # columns that are text in some rows
        frame = read_table(file)
    record = {key: value for key, value in frame.attrs["record"].items() if key != "path"}
    said: dict[str, Any] = {
        "file": file,
        "what": f"a table of {len(frame):,} rows and {len(frame.columns)} columns",
        "columns": ", ".join(map(str, frame)),
    }
    if "status" in frame:
        counts = frame["status"].value_counts()
        said["status"] = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    said |= {"settings": ", ".join(key for key in record if key != "provenance")} if record else {}
    lines({**said, **_origin(record), "whole": "yes, by its checksum"})


def _trace(file: Path, picture: Path | None, seed: int | None, config: Path | None) -> None:
    from lgi.llc.inference_data import read_trace

    _no_picture(None, seed, "a trace")
    trace = read_trace(file)
    kept = trace.llc[:, trace.burn_in :]
    chains, draws = trace.loss.shape
    about = {key: value for key, value in trace.record.items() if not isinstance(value, dict)}
    lines(
        {
            "file": file,
            "what": f"the chains of one estimate: {chains} of {draws:,} draws, "
            f"{trace.burn_in:,} of them burn-in",
            **about,
            "llc": kept.mean(),
            "loss_at_w": trace.loss_at_w,
            "n_beta": trace.n_beta,
            **_origin(trace.record),
            "whole": "yes, by its checksum",
        }
    )
    if picture:
        from lgi.cli import made

        if picture.suffix != ".png":
            raise typer.BadParameter("the chains are drawn as .png", param_hint="--picture")
        checked = configuration(config)
        made.need_folder(picture.parent)
        catalogue = made.Catalogue(made.STUDIES, checked)
        made.draw(catalogue, "plot_llc_trace", file, picture, over=True)


def _no_picture(picture: Path | None, seed: int | None, what: str) -> None:
    if picture:
        raise typer.BadParameter(f"{what} alone is not drawn", param_hint="--picture")
    if seed is not None:
        raise typer.BadParameter(f"{what} has no models to draw", param_hint="--seed")


def _draw_run(run: "Run", picture: Path, seed: int | None, config: Path | None) -> None:
    from lgi.cli import made

    moves = picture.suffix == ".gif"
    wildcards: dict[str, str] = {}
    if "curvature" in run.arrays or run.record.get("study") not in ("gaussians", "superposition"):
        _no_picture(picture, None, "such a file")
    if run.record["study"] == "gaussians":
        if seed is not None:
            raise typer.BadParameter("is for the models of study 2", param_hint="--seed")
        rule = "fit_animation" if moves else "fit_figure"
    else:
        seeds = run.record["seeds"]
        rule = "animate_polygons" if moves else "plot_snapshots"
        wildcards["seed"] = str(seeds[0] if seed is None else seed)
    made.need_folder(picture.parent)
    catalogue = made.Catalogue(made.STUDIES, configuration(config))
    made.draw(catalogue, rule, run.path, picture, wildcards, over=True)
