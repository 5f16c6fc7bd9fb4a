"""Files that are not what was asked for: a job names them, and what rests on them is made again."""

import os
import re
import shutil

import pytest

from lgi.regression.results import LLC, RUN
from tests.workflow.conftest import Laboratory, planned

RUN_FILE, ESTIMATE = RUN.format(rank=2), LLC.format(rank=2)
TABLES = ("results/tables/regression_llc.csv", "results/tables/regression_claims.csv")
WIDER = {"regression": {"claims": {"confidence": 0.99}}}
NOTHING = "Nothing to be done"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The example study as it comes out of an undisturbed run."""
    laboratory = Laboratory(tmp_path_factory.mktemp("whole"))
    laboratory.snakemake("--", *TABLES)
    return laboratory


@pytest.fixture
def copied(whole, laboratory):
    shutil.copytree(whole.folder, laboratory.folder, dirs_exist_ok=True)
    return laboratory


def refused(laboratory, *arguments, **given):
    """Return the sentence with which a job ends."""
    done = laboratory.snakemake("--", *TABLES, *arguments, check=False, **given)
    assert done.returncode != 0
    (error,) = set(re.findall(r"^\s*error: (.*)$", done.stdout, re.M))
    return error


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replaced(folder, path, other):
    """Put a file with its checksum in the place of another, as a copy with times does."""
    for end in ("", ".sha256"):
        if (other.parent / (other.name + end)).exists():
            shutil.copy2(f"{other}{end}", f"{folder / path}{end}")
    os.utime(folder / path)


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        ({"data": {"noise": 0.25}}, "data.noise: 0.25 in the file, 0.5 asked for"),
        ({"runs": {"ranks": 3}}, "rank: 3 in the file, 2 asked for"),
    ],
)
def test_a_run_of_other_settings_in_its_place_is_named(copied, tmp_path_factory, overlay, words):
    other = Laboratory(tmp_path_factory.mktemp("other"))
    path = RUN.format(rank=overlay.get("runs", {}).get("ranks", 2))
    other.snakemake("--", path, overlays=[{"regression": overlay}])
    replaced(copied.folder, RUN_FILE, other.folder / path)
    assert refused(copied).startswith(f"{RUN_FILE}: another than is asked for, {words}; make it")
    # what the message says to do
    (copied.folder / RUN_FILE).unlink()
    copied.snakemake("--", *TABLES)


def test_an_estimate_that_a_lost_run_left_is_named(copied, tmp_path_factory):
    """Its job ends alone: nothing is recorded of it, and settings have changed since."""
    other = Laboratory(tmp_path_factory.mktemp("other"))
    other.snakemake("--", ESTIMATE, overlays=[{"regression": {"llc": {"draws": 2000}}}])
    shutil.rmtree(copied.folder / ".snakemake" / "metadata")
    replaced(copied.folder, ESTIMATE, other.folder / ESTIMATE)
    words = "setting.draws: 2000 in the file, 2500 asked for"
    assert refused(copied).startswith(f"{ESTIMATE}: another than is asked for, {words}")


def test_a_table_that_fails_to_be_made_is_kept_and_made_again(whole, copied):
    """Snakemake restores the table and notes the new settings for it, as if they were its own."""
    before = {path: (copied.folder / path).read_bytes() for path in TABLES}
    times = (copied.folder / ESTIMATE).stat()
    flip(copied.folder / ESTIMATE)
    os.utime(copied.folder / ESTIMATE, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert refused(copied, overlays=[WIDER]).startswith(f"{ESTIMATE}: damaged, ")
    assert {path: (copied.folder / path).read_bytes() for path in TABLES} == before
    shutil.copy2(whole.folder / ESTIMATE, copied.folder / ESTIMATE)
    for target in (TABLES[1:], ()):  # one alone too
        plan = copied.snakemake("--dry-run", "--", *(target or TABLES), overlays=[WIDER]).stdout
        assert planned(plan) == {"gather_regression": 1, "total": 1}
    copied.snakemake("--", *TABLES, overlays=[WIDER])
    changed = {path for path in TABLES if (copied.folder / path).read_bytes() != before[path]}
    assert changed == {TABLES[1]}
    copied.snakemake("--", *TABLES)
    first, second = whole.files(), copied.files()
    assert [name for name in first if first[name] != second[name]] == []
    assert NOTHING in copied.snakemake("--dry-run", "--", *TABLES).stdout


def test_touched_results_are_believed_and_a_missing_checksum_is_made_again(copied):
    copied.snakemake("--touch", "--", *TABLES)
    assert NOTHING in copied.snakemake("--dry-run", "--", *TABLES).stdout
    (copied.folder / f"{ESTIMATE}.sha256").unlink()
    plan = copied.snakemake("--dry-run", "--", *TABLES, overlays=[WIDER]).stdout
    assert planned(plan) == {"estimate_regression": 1, "gather_regression": 1, "total": 2}
