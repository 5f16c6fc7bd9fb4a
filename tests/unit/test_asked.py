"""A file is believed only if its record says what is asked for."""

import copy
import json
import math
import re
from itertools import chain
from pathlib import PurePath
from types import SimpleNamespace

import pandas as pd
import pytest

from lgi.asked import compare, read_asked, recorded
from lgi.errors import RunFileError
from lgi.gaussians.fits.results import FIT, fit_settings
from lgi.gaussians.fits.run import fit_runs
from lgi.regression.results import RUN
from lgi.regression.training import train_run as regress
from lgi.runs import read_run, read_table, write_run, write_table
from lgi.superposition.training.results import RUN_FILE, training
from lgi.superposition.training.run import train_runs
from tests.configurations import SMOKE, catalogue

SOURCE = "0123456789ab"


@pytest.fixture(scope="module")
def smoke():
    return catalogue(SMOKE)


@pytest.fixture(scope="module")
def made(smoke):
    """Path and record of a run of each study, as its rule makes it."""
    config = smoke.config
    told = {"image": "gradient_checkerboard", "recipe": "published", "n": 4, "seed": 42}
    settings = fit_settings(config, type("Wildcards", (), told))
    named = {"init": "kgon4", "samples": 100, "sparsity": "0.4262"}
    model = SimpleNamespace(**{name: str(value) for name, value in named.items()})
    (trained,) = train_runs([training(config, model)], SOURCE)
    example = config.regression
    regressed = regress(example.data, example.training, 2, example.runs.seeds, SOURCE)
    found = {
        FIT.format(**told): next(fit_runs([settings], SOURCE))[1],
        RUN_FILE.format(**named): trained[1],
        RUN.format(rank=2): regressed[1],
    }
    # As it is read from a file.
    return {path: json.loads(json.dumps(record)) for path, record in found.items()}


def asked(smoke, *paths, source=SOURCE):
    return smoke.asked(paths, lambda rule: source)


def entries(smoke, path):
    """Return what is asked of a file, by key."""
    (meanings,) = asked(smoke, path).values()
    return {
        key: value
        for values in meanings.values()
        for told in values.values()
        for key, value in told.items()
    }


def place_of(record, key):
    """Return what holds the value of a dotted key, and the last name."""
    *outer, last = key.split(".")
    for name in outer:
        record = record[name]
    return record, last


def leaves(key, value):
    """Yield the keys of all values below one."""
    if not isinstance(value, dict):
        yield key
        return
    for name, inner in value.items():
        yield from leaves(f"{key}.{name}", inner)


def others(value):
    """Yield values that differ from one as little as may be, or only in their type."""
    yield "another"
    if isinstance(value, bool):
        yield from (not value, int(value))
    elif isinstance(value, int):
        yield from (value + 1, float(value), str(value))
    elif isinstance(value, float):
        yield from (math.nextafter(value, math.inf), -value if value else 1.0, math.nan)
    elif isinstance(value, list):
        yield from ([*value, 0], value[:-1] or [0])
    else:
        yield 0


def test_runs_are_what_their_configuration_asks_for(smoke, made):
    for path, record in made.items():
        compare(path, record, asked(smoke, *made))


def test_every_change_of_an_entry_that_is_asked_for_is_named(smoke, made):
    changes = 0
    for path, record in made.items():
        told = asked(smoke, path)
        for key in chain.from_iterable(leaves(*entry) for entry in entries(smoke, path).items()):
            holder, last = place_of(record, key)
            value = holder[last]
            for other in others(value):
                changed = copy.deepcopy(record)
                holder, last = place_of(changed, key)
                holder[last] = other
                with pytest.raises(RunFileError) as error:
                    compare(path, changed, told)
                assert str(error.value).startswith(f"{path}: another than is asked for, {key}: ")
                changes += 1
            del holder[last]
            with pytest.raises(RunFileError, match=rf"{re.escape(key)}: nothing in the file, "):
                compare(path, changed, told)
    assert changes > 200


def test_settings_that_nothing_asks_for_are_another_run(smoke, made):
    for path, record in made.items():
        for key, value in entries(smoke, path).items():
            if isinstance(value, dict):
                changed = copy.deepcopy(record)
                place_of(changed, key)[0][key]["further"] = 1
                words = rf"{key}\.further: 1 in the file, nothing asked"
                with pytest.raises(RunFileError, match=words):
                    compare(path, changed, asked(smoke, path))


def test_a_run_in_the_place_of_any_other_is_named(smoke, made):
    paths = [path for path in smoke.everything() if PurePath(path).suffix == ".npz"]
    runs = [path for path in paths if not path.startswith("results/llc/")]
    assert len(runs) > 30
    for path, record in made.items():
        for other in runs:
            if other != path:
                with pytest.raises(
                    RunFileError, match=f"^{re.escape(other)}: another than is asked"
                ):
                    compare(other, record, asked(smoke, other))


def refusal(*given):
    """Return the message with which a record is refused, or nothing."""
    try:
        compare(*given)
    except RunFileError as error:
        return str(error)


@pytest.mark.parametrize(
    ("overlay", "words"),
    [
        (
            {"gaussians": {"recipes": {"published": {"iterations": 150}}}},
            r"recipe\.iterations: 200 in the file, 150 asked for",
        ),
        (
            {"gaussians": {"images": {"gradient_checkerboard": {"width": 25}}}},
            r"image\.width: 24 in the file, 25 asked for",
        ),
        (
            {"superposition": {"runs": {"seeds": [0, 3]}}},
            r"seeds: \[0, 3, 4\] in the file, \[0, 3\] asked for",
        ),
        (
            {"superposition": {"training": {"momentum": 0.5}}},
            r"training\.momentum: \S+ in the file, 0\.5 asked for",
        ),
        (
            {"regression": {"data": {"noise": 0.25}}},
            r"data\.noise: 0\.5 in the file, 0\.25 asked for",
        ),
    ],
)
def test_other_settings_are_named(made, overlay, words):
    other = catalogue(SMOKE, overlay)
    errors = [error for path in made if (error := refusal(path, made[path], asked(other, path)))]
    assert [bool(re.search(words, error)) for error in errors] == [True]


def test_another_source_is_named(smoke, made):
    for path, record in made.items():
        with pytest.raises(
            RunFileError, match=r"provenance\.source: 0123456789ab in the file, new "
        ):
            compare(path, record, asked(smoke, path, source="new"))


def test_what_is_asked_does_not_grow_with_the_number_of_runs(smoke):
    paths = [
        FIT.format(image="gradient_checkerboard", recipe="published", n=n, seed=1) for n in (4, 5)
    ]
    assert asked(smoke, *paths) == asked(smoke, paths[0])
    assert asked(smoke, "results/tables/gaussians.csv", "published/broad.csv") == {}


def test_a_damaged_or_another_run_never_comes_back(smoke, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, record = next(iter(made.items()))
    write_run(path, {}, record)
    assert read_asked(path, asked(smoke, path)).record == record
    other = path.replace("seed42", "seed1")
    write_run(other, {}, record)
    words = (
        r"seed1\.npz: another than is asked for, seed: 42 in the file, 1 asked for; make it again"
    )
    with pytest.raises(RunFileError, match=words):
        read_asked(other, asked(smoke, other), read_run)


def test_a_table_is_the_one_of_its_path_and_of_the_settings(smoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = {
        name: f"results/llc/superposition/{name}/kgon4/samples100/sparsity0.4262.csv"
        for name in ("fine", "published")
    }
    settings = smoke.config.superposition.llc.estimated(smoke.config)
    for name, path in paths.items():
        record = recorded({"setting": settings[name]}, SOURCE)
        with monkeypatch.context() as patch:
            patch.setattr("lgi.schema.check.conforming", lambda path, table: table)
            write_table(path, pd.DataFrame({"llc": [1.0]}), record)
        told = asked(smoke, path)
        assert read_asked(path, told, read_table)["llc"].tolist() == [1.0]
    overlay = {"superposition": {"llc": {"settings": {"published": {"draws": 61}}}}}
    told = asked(catalogue(SMOKE, overlay), paths["published"])
    with pytest.raises(RunFileError, match=r"setting\.draws: 60 in the file, 61 asked for"):
        read_asked(paths["published"], told, read_table)
    for end in ("", ".sha256"):
        (tmp_path / (paths["fine"] + end)).replace(tmp_path / (paths["published"] + end))
    with pytest.raises(RunFileError, match=r"path: results/llc/superposition/fine/\S+ in the file"):
        read_asked(paths["published"], asked(smoke, paths["published"]), read_table)
