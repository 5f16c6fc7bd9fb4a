"""What readers are told of the tables, as results of the workflow."""

from typing import Any

from lgi.catalogue import TABLES, Catalogue, Result

README = TABLES + "README.md"
COLUMNS = TABLES + "columns.csv"
OWN = "describe_tables"
"""The rule of both."""


def _catalogue(config: Any) -> Catalogue:
    from lgi.studies import STUDIES  # which hold this one

    return Catalogue(STUDIES, config)


def _tables(config: Any) -> list[tuple[str, str, str, str]]:
    """Return `lgi.tables.dictionary.Held` of every table that the configuration asks for."""
    return [
        # A caption that tells of a picture tells little of its table.
        (path, study.title, result.purpose, "" if result.draw else result.caption)
        for study, result in _catalogue(config).rules.values()
        if result.rule != OWN
        for path in dict.fromkeys(result.paths(config))
        if path.startswith(TABLES) and path.endswith(".csv")
    ]


def _runs(config: Any) -> list[str]:
    """Return a run file of each kind that the configuration asks for."""
    results = [result for _, result in _catalogue(config).rules.values()]
    found = (next(iter(result.paths(config)), "") for result in results)
    return [path for path in found if path.endswith(".npz")]


RESULTS = (
    Result(
        OWN,
        {"readme": README, "columns": COLUMNS},
        "Tell of every table what it holds: its rows, and its columns with meaning and unit.",
        make="lgi.tables.dictionary:describe",
        seconds=lambda *_: 5.0,
        inputs=lambda config, _: {"tables": [path for path, *_ in _tables(config)]},
        settings=lambda config, _: {"held": _tables(config), "runs": _runs(config)},
        labels={"what": "what the tables hold"},
        caption="Every table with its rows and columns: meaning, unit, what is allowed, and what "
        "an empty cell means.",
    ),
)
"""What the workflow makes of the columns."""
