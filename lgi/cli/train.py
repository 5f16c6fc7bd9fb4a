"""`lgi train`: train toy models of superposition."""

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import typer

from lgi.cli.configuration import ConfigFile, Device, Force, Out, configuration, known, names
from lgi.cli.terminal import say
from lgi.cli.values import LARGEST_SEED, numbers, share, whole

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
            metavar="N", parser=whole(2), help="Training samples; else as in the figures."
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
    chosen: dict[str, Any] = {"init": start, "sparsity": sparsity}
    if samples is not None:
        chosen["samples"] = samples
    if seeds is not None:
        chosen["seeds"] = numbers(seeds, "--seeds", LARGEST_SEED)
    _make(chosen, epochs, out, pictures, device, config, force)


def _make(chosen, epochs, out, pictures, device, config, force) -> None:
    from lgi.cli import made
    from lgi.superposition.selection import sparsity_name
    from lgi.superposition.training.results import training
    from lgi.superposition.training.run import train_runs

    said: dict[str, Any] = {"superposition": {"runs": chosen}}
    if epochs is not None:
        said["superposition"]["training"] = {"epochs": epochs}
    known(
        chosen["init"],
        configuration(config).superposition.initialisations,
        "--start",
        "initialisation",
    )
    options = {
        "superposition.runs.samples": "--samples",
        "superposition.runs.seeds": "--seeds",
        "superposition.runs.sparsity": "--sparsity",
        "superposition.training": "--epochs",
        "superposition": "--start",
    }
    checked = configuration(config, said | ({"device": device} if device else {}), options)
    study = checked.superposition
    seeds = study.runs.seeds
    sparsity = sparsity_name(chosen["sparsity"])
    run = SimpleNamespace(
        init=chosen["init"], samples=str(chosen.get("samples", study.drawn)), sparsity=sparsity
    )
    settings, source = training(checked, run), made.source_of("train_superposition")
    needs = study.training.needs_of(len(seeds), int(run.samples), study.hidden, study.data)
    made.need_memory(needs)
    made.need_folder(out)
    stem = f"{run.init}_samples{run.samples}_sparsity{sparsity}"
    path = out / f"{stem}.npz"
    of_first = f"{stem}_seed{seeds[0]}"
    still, film = (out / f"{of_first}{suffix}" for suffix in (".png", ".gif"))
    drawn = pictures and study.hidden == 2
    others = [still, made.beside(still), film, made.beside(film)] if drawn else []
    record = {
        "study": "superposition",
        "init": run.init,
        "initialisation": settings["init"],
        **{name: settings[name] for name in ("hidden", "samples", "sparsity", "data", "training")},
        "seeds": seeds,
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
            study.training.epochs * len(seeds),
            "epochs",
        )
    print(path)
    if drawn:
        catalogue = made.Catalogue(made.STUDIES, checked)
        wildcards = {"seed": str(seeds[0])}
        made.draw(catalogue, "plot_snapshots", path, still, **wildcards)
        made.draw(catalogue, "animate_polygons", path, film, **wildcards)
    elif pictures:
        say(f"no polygons: the models have {study.hidden} hidden dimensions, and those need 2")
    say(f"{path.name}: {ended(path)}")


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
