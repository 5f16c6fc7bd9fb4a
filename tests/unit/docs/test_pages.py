"""Pages that follow from the code are what the code says."""

import copy

import jsonschema
import pytest
import yaml

from docs.writers import schema
from docs.writers.pages import DOCS, written
from lgi.config import read_config

SCHEMA = schema.schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FILES = [
    *DOCS.parent.glob("config.yaml"),
    *DOCS.parent.glob("overlays/*.yaml"),
    DOCS.parent / "tests/config/smoke.yaml",
]


@pytest.mark.parametrize("path", written(), ids=lambda path: path.name)
def test_a_page_is_what_the_code_says(path):
    assert path.read_text(encoding="utf-8") == written()[path], "run `make reference`"


def test_there_is_no_page_of_a_finding_that_is_no_more():
    assert {*(DOCS / "findings").glob("*.md")} <= {*written()}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_configuration_fits_the_schema(path):
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [error.message for error in VALIDATOR.iter_errors(found)] == []


def test_config_yaml_names_its_schema():
    first = FILES[0].read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=docs/config.schema.json"


def test_every_key_is_told():
    untold = {
        ".".join(place)
        for place, value in schema.places(SCHEMA)
        if place[-1] != "kind"
        and not {"description"} & {*value, *schema.resolved(SCHEMA, value)}
        and not any("$ref" in option for option in value.get("anyOf", ()))
    }
    assert untold == set()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("device",), "gpu"),
        (("runs_per_job",), 0),
        (("gaussians", "recipes", "published", "cutof"), 3.5),
        (("gaussians", "recipes", "published", "cutoff"), -1),
        (("gaussians", "recipes", "smooth", "form"), "published"),
        (("gaussians", "runs", 0, "seeds"), "many"),
        (("superposition", "runs", "sparsity"), [1.5]),
        (("superposition", "llc", "settings", "fine", "chains"), 1),
        (("nothing",), 1),
    ],
)
def test_what_lgi_refuses_the_schema_refuses(place, value):
    found = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))
    changed = copy.deepcopy(found)
    inside = changed
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = value
    assert not VALIDATOR.is_valid(changed)
    with pytest.raises(Exception, match=str(place[-1])):
        read_config(changes=changed)


def test_one_value_may_stand_for_a_list_of_one_in_both():
    changes = {"superposition": {"runs": {"samples": 100, "sparsity": 0.5, "init": "kgon4"}}}
    assert VALIDATOR.is_valid(changes)
