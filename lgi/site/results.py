"""The pages of the site as results of the workflow."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from lgi import assets
from lgi.catalogue import REPORTS, TABLES, Catalogue, Gathered, Result

INDEX = REPORTS + "index.html"
ANALYSIS = REPORTS + "{study}.html"
FIGURES_PAGE = REPORTS + "figures.html"
TABLES_PAGE = REPORTS + "tables.html"
COLUMNS_PAGE = REPORTS + "columns.html"
SINGLE = REPORTS + "lgi_report.html"

EXPLORER = REPORTS + "explorer.html"
COLUMNS = TABLES + "README.md"
TEXT, FINDINGS = REPORTS + "{study}.md", TABLES + "{study}_findings.csv"
MAIN = (
    TABLES + "gaussians_claims_summary.csv",
    TABLES + "superposition_claims_summary.csv",
    TABLES + "llc_known_answers.csv",
)
"""Tables that the single file holds, of those that are made."""


def analyses(config: Any) -> dict[str, str]:
    """Return the titles of the studies with a written analysis, by name."""
    made = {one.path: one.study for one in _gathered(config)}
    named = {study.name: study.title for study in made.values()}
    return {name: title for name, title in named.items() if TEXT.format(study=name) in made}


def _others(config: Any) -> Catalogue:
    """Return the results that the pages show."""
    from lgi.studies import STUDIES  # here, since this is one of them

    return Catalogue([study for study in STUDIES if study.name != "site"], config)


_FOUND: list[tuple[Any, list[Gathered]]] = []


def _gathered(config: Any) -> list[Gathered]:
    """Return what the pages show; found once of a configuration, for which all rules ask."""
    if not _FOUND or _FOUND[0][0] is not config:
        _FOUND[:] = [(config, list(_others(config).gathered()))]
    return _FOUND[0][1]


def _shown(config: Any) -> list[Gathered]:
    return [one for one in _gathered(config) if one.path != EXPLORER]


def _pictures(config: Any) -> list[str]:
    """Return the paths of figures and animations."""
    return [one.path for one in _shown(config) if one.path.endswith((".png", ".gif"))]


def _tables(config: Any) -> list[str]:
    return [one.path for one in _shown(config) if one.path.endswith(".csv")]


def _of_studies(config: Any, pattern: str) -> dict[str, str]:
    """Return the paths of a kind of result of each study that makes it, by study."""
    made = {one.path for one in _gathered(config)}
    paths = {study: pattern.format(study=study) for study in analyses(config)}
    return {study: path for study, path in paths.items() if path in made}


def _site(config: Any) -> dict[str, Any]:
    """Return what every page is told of the site."""
    others = _gathered(config)
    made = {one.path for one in others}
    return {
        "analyses": analyses(config),
        "explorer": EXPLORER in made,
        "columns": COLUMNS in made,
        "shown": [_told(one) for one in others if one.path != EXPLORER],
        "sources": _sources(config),
        "assets": assets.fingerprint("lgi.site"),
    }


def _told(one: Gathered) -> dict[str, Any]:
    result = one.result
    return {
        "path": one.path,
        "rule": result.rule,
        "study": one.study.title,
        "labels": dict(one.labels),
        "caption": result.caption or result.purpose,
    }


def _sources(config: Any) -> dict[str, list[str]]:
    """Return the functions that made what the pages show, by study."""
    return {
        study.name: sorted({r.make for r in study.results if r.make})
        for study in _others(config).studies
        if study.name in analyses(config)
    }


def _alone(config: Any, wildcards: Mapping[str, str]) -> dict:
    return {"site": _site(config)}


def _with_settings(config: Any, wildcards: Mapping[str, str]) -> dict:
    return {"settings": config.site, "site": _site(config)}


def _with_configuration(config: Any, wildcards: Mapping[str, str]) -> dict:
    # Not the device, nor how runs share processes: the same results have the same pages.
    values = {study.name: getattr(config, study.name) for study in _others(config).studies}
    return _with_settings(config, wildcards) | {"configuration": to_jsonable_python(values)}


def _findings(config: Any) -> dict[str, list[str]]:
    return {"findings": list(_of_studies(config, FINDINGS).values())}


def _index_inputs(config: Any, wildcards: Mapping[str, str]) -> dict:
    return _findings(config) | {"pictures": _pictures(config)}


def _single_inputs(config: Any, wildcards: Mapping[str, str]) -> dict:
    films = {path: path.removesuffix(".gif") + ".mp4" for path in _pictures(config)}
    made = {one.path for one in _gathered(config)}
    return _findings(config) | {
        "texts": list(_of_studies(config, TEXT).values()),
        "files": [films[path] if path.endswith(".gif") else path for path in films],
        "tables": [path for path in MAIN if path in made],
    }


RESULTS = (
    Result(
        rule="write_index",
        output=INDEX,
        purpose="Write the first page of the site: what each study found, with its evidence.",
        make="lgi.site.index:write",
        inputs=_index_inputs,
        settings=_with_configuration,
    ),
    Result(
        rule="write_analysis_page",
        output=ANALYSIS,
        purpose="Write the analysis of a study as a page, with its pictures and animations.",
        make="lgi.site.pages:analysis",
        inputs={"text": TEXT},  # which asks for its pictures
        settings=lambda config, wildcards: (
            _alone(config, wildcards) | {"study": wildcards["study"]}
        ),
        labels={"what": "analysis: {study}"},
        caption="The written analysis of a study: findings first, then what they rest on. Tables "
        "sort at a click on a column's name.",
        wanted=lambda config: [{"study": study} for study in analyses(config)],
    ),
    Result(
        rule="write_figures_page",
        output=FIGURES_PAGE,
        purpose="Write a page of all figures and animations with their captions.",
        make="lgi.site.pages:figures",
        inputs=lambda config, wildcards: {"pictures": _pictures(config)},
        settings=_alone,
    ),
    Result(
        rule="write_tables_page",
        output=TABLES_PAGE,
        purpose="Write a page of all gathered tables, to sort and to search.",
        make="lgi.site.pages:tables",
        inputs=lambda config, wildcards: {"tables": _tables(config)},
        settings=_with_settings,
        seconds=lambda config, wildcards: 5.0,
        labels={"what": "every gathered table, to sort and to search"},
        caption="Every gathered table with its first rows; the CSV files lie in results/tables.",
    ),
    Result(
        rule="write_columns_page",
        output=COLUMNS_PAGE,
        purpose="Write what the columns of tables mean as a page.",
        make="lgi.site.pages:columns",
        inputs={"text": COLUMNS},
        settings=_alone,
        wanted=lambda config: [{}] if _site(config)["columns"] else [],
    ),
    Result(
        rule="write_single_report",
        output=SINGLE,
        purpose="Write findings, analyses and main tables as one file, for sending.",
        make="lgi.site.single:write",
        inputs=_single_inputs,
        settings=_with_configuration,
        seconds=lambda config, wildcards: 10.0,
    ),
)
"""The pages."""
