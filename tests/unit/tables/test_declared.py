"""Every declared table has its columns, and they name what the code names."""

import re

import pytest
import yaml

from lgi import claims
from lgi.catalogue import TABLES as FOLDER
from lgi.gaussians.fits.table import COLUMNS as FITS
from lgi.gaussians.turn.cures import KINDS, TURNS, UNCLEAR
from lgi.gaussians.turn.table import COLUMNS as TURN
from lgi.llc.known import answers, free_energy
from lgi.schema.column import TEXT
from lgi.superposition.llc.estimates import COLUMNS as ESTIMATES
from lgi.tables.declared import TABLES, pattern_of, table_at
from tests.configurations import ROOT, SMOKE, catalogue


def declared():
    """Return the patterns of every table that any study makes."""
    example = yaml.safe_load((ROOT / "overlays" / "regression.yaml").read_text(encoding="utf-8"))
    results = [result for _, result in catalogue(example).rules.values()]
    return {path for one in results for path in one.outputs.values() if path.endswith(".csv")}


def test_every_declared_table_has_its_columns_and_no_other():
    assert set(TABLES) == declared()


def test_every_table_that_is_asked_for_is_found_by_its_path():
    paths = [path for path in catalogue(SMOKE).everything() if path.endswith(".csv")]
    assert len(paths) > 50
    assert [path for path in paths if table_at(path) is None] == []


def test_a_path_without_wildcards_is_not_taken_for_another():
    assert pattern_of("results/tables/superposition_llc.csv") == (
        "results/tables/superposition_llc.csv"
    )
    assert pattern_of("results/tables/llc_status_samples100.csv") == (
        "results/tables/llc_status{variant}.csv"
    )
    assert pattern_of("elsewhere/gaussians.csv") == ""


@pytest.mark.parametrize("pattern", TABLES)
def test_what_is_said_of_a_table_can_be_read(pattern):
    table = TABLES[pattern]
    assert table.about
    assert set(table.key) <= set(table.columns)
    for name, column in table.columns.items():
        assert column.meaning, name
        assert column.kind == TEXT or not (column.among or column.pattern), name
        assert not (column.among and column.pattern), name
        assert re.compile(column.pattern)
        assert {"sparsity", "S"} & {name} == set() or {"sparsity", "S"} <= set(table.columns)


def test_columns_are_those_that_the_code_writes():
    tables = {path.removeprefix(FOLDER): tuple(one.columns) for path, one in TABLES.items()}
    assert tables["gaussians.csv"] == tuple(FITS)
    assert tables["gaussians_turn.csv"] == tuple(TURN)
    assert tables["gaussians_claims.csv"] == claims.COLUMNS
    assert tables["gaussians_claims_summary.csv"] == (*claims.SUMMARY, "reason", "sentence")
    assert tables["llc_known_answers.csv"] == answers.COLUMNS
    assert tables["llc_free_energy.csv"] == free_energy.COLUMNS
    made = [name for name in tables["superposition_llc.csv"] if name not in ("S", "setting")]
    assert tuple(made) == ESTIMATES


def test_allowed_words_are_those_of_the_code():
    """They are written out: the modules that own them take a second to import."""
    known = TABLES[FOLDER + "llc_known_answers.csv"].columns
    assert known["verdict"].among == (answers.RIGHT, answers.WRONG, answers.REFUSED)
    energies = TABLES[FOLDER + "llc_free_energy.csv"].columns
    assert energies["method"].among == (free_energy.INTEGRATION, free_energy.WBIC)
    kinds = TABLES[FOLDER + "gaussians_cures.csv"].columns["kind"].among
    assert set(kinds) == {*KINDS, TURNS, UNCLEAR, claims.NOT_APPLICABLE}
