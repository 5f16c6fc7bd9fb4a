"""`lgi known-answers`: the estimator held against coefficients that are known exactly."""

import time
from pathlib import Path
from typing import Annotated

import typer

from lgi.cli.configuration import ConfigFile, Device, Force, configuration, known, names, section
from lgi.cli.terminal import say, table, watched
from lgi.cli.values import whole

EXAMPLES = (
    "lgi known-answers",
    'lgi known-answers --only quadratic --only "normal crossing" -n 1000',
    "lgi known-answers --out answers.csv",
)


def known_answers(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Problems of this name alone; may be given several times.",
            autocompletion=names("llc", "known_answers"),
        ),
    ] = None,
    n: Annotated[
        list[int] | None,
        typer.Option("-n", metavar="N", parser=whole(2), help="Samples; else as configured."),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=whole(2, 10**6), help="Estimates of each; else as configured."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="Where the table is written.")
    ] = None,
    device: Device = None,
    config: ConfigFile = None,
    force: Force = False,
) -> None:
    """Estimate coefficients that are known exactly: each is right, refused or wrong.

    One setting for all, the one that study 2 draws. An estimate is right within 5 % or its own
    stated error, refused where its status says that it is no coefficient, else wrong.
    """
    import pandas as pd

    from lgi import devices, engines
    from lgi.cli import compiling, made
    from lgi.llc.known import answers
    from lgi.llc.known.results import settings
    from lgi.runs import write_table

    begin = time.monotonic()
    if out:
        if out.suffix != ".csv":
            raise typer.BadParameter(
                f"{out}; allowed is a name that ends in .csv", param_hint="--out"
            )
        made.need_free(out, force)
        made.need_folder(out.parent)
    changed = {"n": n, "repeats": repeats}
    said = {"llc": {key: value for key, value in changed.items() if value}}
    options = {"llc.n": "-n", "llc.repeats": "--repeats"}
    checked = configuration(config, said | ({"device": device} if device else {}), options)
    section(checked, "llc")
    there = settings(checked)
    chosen = [
        known(name, dict.fromkeys(there["names"]), "--only", "problem") for name in only or ()
    ]
    cases = [(size, name) for size in there["n"] for name in chosen or there["names"]]
    parts = []
    with (
        watched("estimating", len(cases), "kinds of problem") as tell,
        compiling.told("known answers"),
        engines.on(devices.choose(checked.device)[0]),
    ):
        for count, (size, name) in enumerate(cases, 1):
            parts.append(answers.known_answers(**{**there, "names": [name], "n": [size]}))
            tell(count)
    found = pd.concat(parts, ignore_index=True)
    table(
        found.to_dict("records"),
        {
            "problem": "",
            "shape": "",
            "n": ",",
            "truth": ".4g",
            "estimate": ".3f",
            "spread": ".3f",
            "verdict": "",
            "reason": "",
        },
        f"in {out}" if out else "(--out FILE.csv writes all)",
        most=len(found),
    )
    counts = found["verdict"].value_counts()
    told = ", ".join(
        f"{counts.get(verdict, 0)} {verdict}"
        for verdict in (answers.RIGHT, answers.REFUSED, answers.WRONG)
    )
    print(f"{len(found)} problems: {told}; {time.monotonic() - begin:.0f} s")
    if out:
        write_table(out, found)
        say(f"written: {out}")
