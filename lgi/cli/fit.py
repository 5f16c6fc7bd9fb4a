"""`lgi fit`: fit N Gaussians to a picture."""

import os
import re
import unicodedata
from contextlib import suppress
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
from lgi.cli.values import LARGEST_SEED, whole

if TYPE_CHECKING:
    from lgi.config import Config
    from lgi.memory import Need

MOST = 10**12 - 1
"""Gaussians: what has twelve digits, as in paths of the workflow."""


EXAMPLES = (
    "lgi fit cat.png -n 200",
    "lgi fit cat.png -n 200 --size 128x96 --seed 7 --out fits",
    "lgi fit gradient_checkerboard -n 53 --recipe published --seed 42",
    "lgi fit cat.png -n 200 --recipe mine --config mine.yaml",
)


def fit(
    picture: Annotated[
        str,
        typer.Argument(
            metavar="PICTURE",
            help="A picture file, or the name of a configured image.",
            autocompletion=names("gaussians", "images"),
        ),
    ],
    n: Annotated[
        int,
        typer.Option(
            "-n", "--gaussians", metavar="N", parser=whole(1, MOST), help="How many Gaussians."
        ),
    ],
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How they are trained: a recipe of the configuration.",
            autocompletion=names("gaussians", "recipes"),
        ),
    ] = "exact",
    seed: Annotated[
        int, typer.Option(metavar="SEED", parser=whole(0, LARGEST_SEED), help="Of the start.")
    ] = 0,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Pixels of the target, such as 128x96: the picture is cut and averaged.",
        ),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOUR", help="Behind what is transparent, such as white; else black."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the picture is called in files; else it follows from its name.",
        ),
    ] = None,
    out: Out = Path(),
    pictures: Annotated[bool, typer.Option(help="Draw the fit and its GIF.")] = True,
    device: Device = None,
    config: ConfigFile = None,
    force: Force = False,
) -> None:
    """Fit N Gaussians to a picture: run file, picture and GIF.

    It writes NAME_RECIPE_nN_seedSEED.npz (all parameters along training; see lgi show), .png and
    .svg, .gif and .mp4. The run file has the bytes of the workflow's, on any number of threads.
    A fit of more than a minute saves its state: after Ctrl-C or a crash the same command goes on.
    """
    from lgi.cli import made
    from lgi.gaussians.fits.results import fit_inputs, fit_settings, fit_threads
    from lgi.gaussians.fits.run import fit_runs

    image, said = _target(picture, name, size, background)
    place = f"gaussians.images.{image}"
    options = {f"{place}.width": "--size", f"{place}.height": "--size"}
    options |= {f"{place}.background": "--background", place: "PICTURE"}
    checked = configuration(config, said | ({"device": device} if device else {}), options)
    study = section(checked, "gaussians")
    if not said:
        known(image, study.images, "PICTURE", "file or configured image")
    known(recipe, study.recipes, "--recipe", "recipe")
    run = SimpleNamespace(image=image, recipe=recipe, n=str(n), seed=str(seed))
    made.need_memory([_need(checked, run)])
    fit_inputs(checked, run)  # refuses what cannot start
    made.need_folder(out)
    stem = f"{image}_{recipe}_n{n}_seed{seed}"
    path, still, film = (out / f"{stem}{suffix}" for suffix in (".npz", ".png", ".gif"))
    others = [still, made.beside(still), film, made.beside(film)] if pictures else []
    settings, source = fit_settings(checked, run), made.source_of("fit_gaussians")
    record = {**settings, "study": "gaussians", "provenance": {"source": source}}
    if not made.is_made(path, record, others, force):
        for other in others:
            other.unlink(missing_ok=True)
        threads = min(fit_threads(checked, run), _cores())
        made.make_run(
            path,
            "fit",
            settings,
            source,
            checked.device,
            lambda runs, source, saved: fit_runs(runs, source, threads, saved),
            "fit",
            study.recipes[recipe].iterations,
            "iterations",
        )
    print(path)
    if pictures:
        catalogue = made.Catalogue(made.STUDIES, checked)
        made.draw(catalogue, "fit_figure", path, still)
        made.draw(catalogue, "fit_animation", path, film)
    say(f"{path.name}: {ended(path)}")


def ended(path: Path) -> str:
    """Return how a fit ended, in words."""
    from lgi.gaussians.fits.view import read_fit

    fit = read_fit(path)
    loss, level = fit.at_best("loss"), fit.at_best("psnr")
    last = int(fit["iteration"][-1])
    return (
        f"{fit.state} after {last:,} iterations; least loss {loss:.4g} at iteration "
        f"{fit.best_iteration:,}, PSNR {level:.1f} dB there"
    )


def _target(
    picture: str, name: str | None, size: str | None, background: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the name of the target, and what the configuration is told of a file."""
    if not Path(picture).is_file():
        if Path(picture).is_dir():
            raise typer.BadParameter(f"{picture}: a folder, not a picture", param_hint="PICTURE")
        if Path(picture).suffix or Path(picture).name != picture:
            raise typer.BadParameter(f"{picture}: no such file", param_hint="PICTURE")
        for option, value in (("--name", name), ("--size", size), ("--background", background)):
            if value is not None:
                raise typer.BadParameter(
                    f"is for a picture file; {picture} is none", param_hint=option
                )
        return picture, {}
    entry: dict[str, Any] = {"kind": "file", "path": picture}
    if size is not None:
        if not (found := re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", size)):
            raise typer.BadParameter(f"{size!r}; allowed is such as 128x96", param_hint="--size")
        entry |= {"width": int(found[1]), "height": int(found[2])}
    if background is not None:
        entry["background"] = background
    called = name or _called(Path(picture).stem)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", called):
        raise typer.BadParameter(
            f"{called!r}; allowed are up to 64 small letters, digits and _, a letter first",
            param_hint="--name",
        )
    return called, {"gaussians": {"images": {called: entry}}}


def _called(stem: str) -> str:
    """Return a name for files of a picture, from what its own file is called."""
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:60]
    return word if word[:1].isalpha() else f"picture_{word}".rstrip("_")


def _need(checked: "Config", run: SimpleNamespace) -> "Need":
    from lgi import memory
    from lgi.gaussians.fits.images import image_size

    width, height = image_size(checked.gaussians.images[run.image])
    how = checked.gaussians.recipes[run.recipe]
    clustered = how.initialisation.kind == "kmeans"
    pixels = width * height
    return memory.fit("", int(run.n), pixels, how.snapshots, how.iterations, clustered)


def _cores() -> int:
    with suppress(AttributeError):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
