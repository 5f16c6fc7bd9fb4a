"""All that the workflow does before its first job, without Snakemake."""

import os
import re
from collections.abc import Mapping
from typing import Any

from snakemake.iocontainers import Wildcards

from lgi.catalogue import COPY, ROOT, Catalogue, Result, copies
from lgi.config import check
from lgi.gaussians.fits.images import plan_images
from lgi.gaussians.fits.results import fit_inputs, fit_settings, fit_threads
from lgi.llc.known import results as known_answers
from lgi.studies import STUDIES
from lgi.superposition.llc import results as superposition_llc
from tests.configurations import ROOT as CLONE


def plan(raw: Mapping[str, Any]) -> dict[str, str]:
    """Check a configuration and plan every target of it.

    Parameters
    ----------
    raw
        As merged from its files.

    Returns
    -------
    dict
        The rule that makes each file below results/.

    Raises
    ------
    LgiError
        If it is refused.
    AssertionError
        If it is accepted, and a job would lack a file or lie outside results/.
    """
    config = check(raw)
    catalogue = Catalogue(STUDIES, config)
    groups = catalogue.groups()
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", group) for group in groups)
    for copy in copies(config.gallery):
        assert re.fullmatch(re.escape(COPY).replace(r"\{name\}", r"[^/\0\n]+"), copy)
    if config.gaussians:
        plan_images(config.gaussians.images.values())
    if config.superposition:
        superposition_llc.calibration(config), superposition_llc.resolution(config)
        superposition_llc.calibrated_runs(config), superposition_llc.resolved_runs(config)
    if config.llc:
        known_answers.settings(config)
    known = re.compile(catalogue.known())
    patterns = _patterns(catalogue)
    made: dict[str, str] = {}
    pictured = [path for path in config.gallery if known.fullmatch(path.removeprefix(ROOT))]
    wanted = [*catalogue.everything(), *pictured]
    while wanted:
        path = wanted.pop()
        if path in made:
            continue
        assert known.fullmatch(path.removeprefix(ROOT)), f"nothing makes {path!r}"
        assert os.path.normpath(path) == path
        result, match = next(
            (result, match) for pattern, result in patterns if (match := pattern.fullmatch(path))
        )
        made[path] = result.rule
        for needed in _needed(catalogue, result, match.groupdict()):
            if needed.startswith(ROOT):
                wanted.append(needed)
            else:
                assert (CLONE / needed).is_file(), f"{needed!r} is not there"
    return made


def _patterns(catalogue: Catalogue) -> list[tuple[re.Pattern, Result]]:
    """Return what each rule makes, as Snakemake reads it."""
    found = []
    for study, result in catalogue.rules.values():
        legal = catalogue.constraints(study, result)
        for path in result.outputs.values():
            pieces, seen = re.split(r"\{(\w+)\}", path), set()
            text = ""
            for place, piece in enumerate(pieces):
                if place % 2 == 0:
                    text += re.escape(piece)
                else:
                    text += f"(?P={piece})" if piece in seen else f"(?P<{piece}>{legal[piece]})"
                    seen.add(piece)
            found.append((re.compile(text), result))
    return found


def _needed(catalogue: Catalogue, result: Result, values: dict[str, str]) -> list[str]:
    """Return the inputs of a job, after asking for all else that Snakemake asks for it."""
    config, wildcards = catalogue.config, Wildcards(fromdict=values)
    found = catalogue.inputs(result, wildcards)
    catalogue.settings(result, wildcards)
    if result.rule == "fit":
        assert fit_threads(config, wildcards) >= 1
        fit_settings(config, wildcards)
        return fit_inputs(config, wildcards)
    if result.rule in ("estimate_superposition_llc", "trace_superposition_llc"):
        superposition_llc.setting(config, wildcards.setting)
    return [
        path for paths in found.values() for path in ([paths] if isinstance(paths, str) else paths)
    ]
