"""`lgi train`: train toy models of superposition."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgi.cli.configuration import (
    ConfigFile,
    Device,
    Force,
    Out,
    configuration,
    known,
    names,
    section,
)
from lgi.cli.terminal import say
from lgi.cli.values import LARGEST_SEED, numbers, share, whole

if TYPE_CHECKING:
    from lgi.config import Config

EXAMPLES = (
    "lgi train --sparsity 0.9 --start kgon4",
    "lgi train --sparsity 0.9 --start kgon4 --seeds 0-9 --samples 100 --epochs 5000",
    "lgi train --sparsity 0.9 --start mine --config mine.yaml --out models",
)


def train(
    sparsity: Annotated[
        float,
        typer.Option(
            metavar="S", parser=share(), help="Probability that a feature is 0, from 0 to below 1."
        ),
    ],
    start: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How W and b begin: an initialisation of the configuration.",
            autocompletion=names("superposition", "initialisations"),
        ),
    ] = "random",
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=whole(1), help="Training samples; else as in the figures."
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="0-49", help="Seeds, a model each, such as 3, 0-49 or 0,3,7-9."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", parser=whole(1), help="Epochs; else as configured.")
    ] = None,
    out: Out = Path(),
    pictures: Annotated[bool, typer.Option(help="Draw the first model as a polygon.")] = True,
    device: Device = None,
    config: ConfigFile = None,
    force: Force = False,
) -> None:
    """Train toy models of superposition, one for each seed: run file, picture and GIF.

    It writes START_samplesN_sparsityS.npz with the states of all models along training, and of the
    first one the polygon, _seedSEED.png and .gif (of others: lgi show --picture). The run file has
    the bytes of the workflow's; a training of more than a minute goes on after Ctrl-C or a crash.
    """
    from lgi.cli import made
    from lgi.superposition.training.results import training
    from lgi.superposition.training.run import train_runs

    listed = numbers(seeds, "--seeds", LARGEST_SEED) if seeds is not None else None
    checked = _asked(
        configuration(config, {"device": device} if device else {}),
        start,
        {"init": start, "sparsity": sparsity, "samples": samples, "seeds": listed},
        epochs,
    )
    study = checked.superposition
    runs = study.runs
    (name,) = runs.runs()
    settings = training(checked, SimpleNamespace(**name._asdict()))
    source = made.source_of("train_superposition")
    made.need_memory(
        study.training.needs_of(len(runs.seeds), name.samples, study.hidden, study.data)
    )
    made.need_folder(out)
    stem = f"{name.init}_samples{name.samples}_sparsity{name.sparsity}"
    path, of_first = out / f"{stem}.npz", f"{stem}_seed{runs.seeds[0]}"
    still, film = (out / f"{of_first}{suffix}" for suffix in (".png", ".gif"))
    drawn = pictures and study.hidden == 2
    others = [still, made.beside(still), film, made.beside(film)] if drawn else []
    record = {
        "study": "superposition",
        "init": name.init,
        "initialisation": settings["init"],
        **{name: settings[name] for name in ("hidden", "samples", "sparsity", "data", "training")},
        "seeds": runs.seeds,
        "provenance": {"source": source},
    }
    if not made.is_made(path, record, others, force):
        for other in others:
            other.unlink(missing_ok=True)
        made.make_run(
            path,
            "train_superposition",
            settings,
            source,
            checked.device,
            train_runs,
            "train",
            study.training.epochs * len(runs.seeds),
            "epochs",
        )
    print(path)
    if drawn:
        catalogue = made.Catalogue(made.STUDIES, checked)
        wildcards = {"seed": str(runs.seeds[0])}
        made.draw(catalogue, "plot_snapshots", path, still, wildcards)
        made.draw(catalogue, "animate_polygons", path, film, wildcards)
    elif pictures:
        say(f"no polygons: the models have {study.hidden} hidden dimensions, and those need 2")
    say(f"{path.name}: {ended(path)}")


def _asked(checked: "Config", start: str, runs: dict[str, Any], epochs: int | None) -> "Config":
    """Return the configuration with these runs alone; what is asked of its own does not matter."""
    from lgi.superposition.selection import Runs
    from lgi.superposition.training.settings import TrainingSettings

    study = section(checked, "superposition")
    known(start, study.initialisations, "--start", "initialisation")
    if problem := study.initialisations[start].misfit(study.hidden, study.data.features):
        raise typer.BadParameter(f"{start}: {problem}", param_hint="--start")
    given = {"samples": study.drawn, "seeds": study.runs.seeds}
    given |= {name: value for name, value in runs.items() if value is not None}
    long = study.training
    if epochs is not None:
        try:
            long = TrainingSettings.model_validate(long.model_dump() | {"epochs": epochs})
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--epochs") from None
    changed = {"runs": Runs.model_validate(given), "training": long}
    return checked.model_copy(update={"superposition": study.model_copy(update=changed)})


def ended(path: Path) -> str:
    """Return how a training ended, in words."""
    import numpy as np

    from lgi.runs import read_run
    from lgi.superposition.training.view import Models

    models = Models(read_run(path))
    last = models.losses["train_loss"][:, -1]
    finite = last[np.isfinite(last)]
    loss = f"{np.median(finite):.4g}, least {finite.min():.4g}" if len(finite) else "none is finite"
    return (
        f"{models.run.record['state']} after {models.epochs[-1]:,} epochs; "
        f"median training loss of {len(last)} models {loss}"
    )
