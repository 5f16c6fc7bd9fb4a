"""Every declared figure drawn again from results that are there, and its faults.

``python -m tests.drawn FOLDER [PART] [--to FOLDER]`` lists what `lgi.figures.legible` finds in the
figures of the results in FOLDER (those of config.yaml; with ``--smoke`` of the small
configuration) whose path has PART in it, and writes them to the other folder.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import chdir
from inspect import signature
from pathlib import Path, PurePath
from typing import Any
from unittest.mock import patch

import pandas as pd
from matplotlib.figure import Figure

from lgi.catalogue import ROOT as RESULTS
from lgi.catalogue import Catalogue, Result, Study
from lgi.engines import load
from lgi.errors import LgiError, NothingToDrawError
from lgi.figures import animation, legible, style
from lgi.making import read
from tests.configurations import ROOT, SMOKE, catalogue


def declared(results: Catalogue) -> list[tuple[str, Study, Result, dict]]:
    """Return path, study, declaration and wildcards of every figure and animation."""
    return [
        (pattern.format(**values), study, result, values)
        for study, result in results.made
        for values in [{k: str(v) for k, v in one.items()} for one in result.wanted(results.config)]
        for pattern in result.outputs.values()
        if PurePath(pattern).suffix in (".png", ".gif")
    ]


def drawn(
    results: Catalogue, folder: Path, path: str, study: Study, result: Result, values: dict
) -> Figure:
    """Return a figure; of an animation, its last frame as a figure."""
    pictures = {pattern.format(**values): draw for pattern, draw in result.draw.items()}
    function = load(pictures.get(path, result.make))
    kept = []

    def last(figure, moving, count, update):
        style.need(count, "frames")
        update(count - 1)
        kept.append(figure)

    try:
        # Records of tables and runs name them by their paths from the folder.
        with chdir(folder), patch.object(animation, "frames", last):
            made = function(**_read(results, study, result, values, function))
    except NothingToDrawError as error:
        return style.saying(str(error))
    return kept[0] if kept else made


def _read(
    results: Catalogue,
    study: Study,
    result: Result,
    values: Mapping[str, str],
    function: Any,
) -> dict[str, Any]:
    """Return the arguments of a drawing function."""
    arguments = signature(function).parameters
    held = dict(results.settings(result, values))
    paths: dict[str, Any] = dict(results.inputs(result, values))
    if not isinstance(result.output, str):
        paths |= {name: path.format(**values) for name, path in result.output.items()}
    elif result.draw:
        paths["made"] = result.output.format(**values)
    for name in arguments.keys() & paths.keys():
        place = paths[name]
        if isinstance(place, str):
            held[name] = _held(place, study)
        else:
            held[name] = (_held(one, study) for one in place)
    return {name: value for name, value in held.items() if name in arguments}


def _held(path: str, study: Study) -> Any:
    if path.startswith(RESULTS):
        return read(path, study.run_reader, {})
    return pd.read_csv(ROOT / path)


def found(
    results: Catalogue, folder: Path, part: str = ""
) -> Iterator[tuple[str, Figure | None, list[str]]]:
    """Yield path, figure and faults; what lacks its inputs has no figure and says so."""
    for path, *declaration in declared(results):
        if part not in path:
            continue
        try:
            figure = drawn(results, folder, path, *declaration)
        except (LgiError, KeyError, FileNotFoundError) as error:
            yield path, None, [f"not drawn: {error!r}"]
            continue
        yield path, figure, legible.faults(figure)


def main() -> None:
    """List the faults of all figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder that holds results/")
    parser.add_argument("part", nargs="?", default="")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args()
    total = 0
    for path, figure, said in found(
        catalogue(*([SMOKE] if asked.smoke else [])), asked.folder, asked.part
    ):
        total += len(said)
        print(path, *said, sep="\n  ", flush=True)
        if figure is not None and asked.to:
            style.save((asked.to / path.removeprefix(RESULTS)).with_suffix(".png"), figure)
    print(total, "faults")


if __name__ == "__main__":
    main()
