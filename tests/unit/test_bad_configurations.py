"""Whatever stands in a configuration, it is planned in full or refused in words."""

import copy
import resource
import sys
from typing import Annotated, get_args, get_origin

import annotated_types
import pytest
import yaml
from hypothesis import settings
from snakemake.utils import update_config

from lgi.config import MOST, Config, check_keys
from lgi.errors import LONGEST, MANY, ConfigError, LgiError, listed, shown, word
from lgi.memory import LIMIT, size
from lgi.settings import Settings
from tests.configurations import ROOT, RUNS, SMOKE
from tests.mutants import mutant
from tests.planning import plan

WHOLE = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
SMALL = copy.deepcopy(WHOLE)
update_config(SMALL, SMOKE)
BASES = (SMALL, SMALL, SMALL, WHOLE)

MUTANTS = 13 * settings.default.max_examples
"""520, and 13,000 with `--hypothesis-profile=thorough`."""

LINE = 700
"""Characters of a problem: its place, and cut values."""


@pytest.fixture
def wall():
    """A limit of memory, which a list as long as a wrong number would run into."""
    if sys.platform != "linux":
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**34, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def outcome(raw) -> str:
    """Return the message with which a configuration is refused, empty if it is planned."""
    try:
        plan(raw)
    except LgiError as error:
        return str(error)
    return ""


def test_the_configurations_that_mutants_depart_from_are_planned():
    assert len(plan(SMALL)) > 150
    assert len(plan(WHOLE)) > 2000


def test_a_mutant_is_planned_or_refused(wall):
    refused = 0
    for number in range(MUTANTS):
        raw, changes = mutant(BASES[number % len(BASES)], number)
        try:
            message = outcome(raw)
        except Exception as error:
            error.add_note(f"mutant {number}: {changes}")
            raise
        lines = message.split("\n  ")
        assert max(map(len, lines)) <= LINE, f"mutant {number}: {changes}: {message}"
        assert len(lines) <= MOST + 2
        message.encode()
        refused += bool(message)
    # Neither is rare, or the mutants would be too tame or too wild to say anything.
    assert 0.5 * MUTANTS < refused < 0.95 * MUTANTS


def _superposition(**given):
    return {"superposition": given}


def _snapshots(first, last, points, epochs=200):
    grid = {"first": first, "last": last, "points": points}
    return _superposition(training={"epochs": epochs, "snapshots": grid})


def _runs(**given):
    run = {"name": "one", "image": "gradient_checkerboard", "recipe": "published", "seeds": 1}
    return {"gaussians": {"runs": [*RUNS, run | given]}}


def _image(name="gradient_checkerboard", **given):
    return {"gaussians": {"images": {name: given}}}


KMEANS = {"initialisation": {"kind": "kmeans", "colour_weight": 1.0, "scale": [0.01, 0.1]}}
TOO_LARGE = {
    "a wide model": (_superposition(hidden=10**7, phases=None), "second derivatives"),
    "many features": (_superposition(data={"features": 10**7}), "second derivatives"),
    "features of which some are on": (
        _superposition(data={"kind": "one_hot", "features": 10**9, "active": 5 * 10**8}),
        "samples of 1,000,000,000 features",
    ),
    "training samples": (_superposition(runs={"samples": 10**12}), "1,000,000,000,000 samples"),
    "test samples": (_superposition(data={"test_samples": 10**12}), "1,000,000,000,000 samples"),
    "draws": (
        _superposition(llc={"settings": {"fine": {"draws": 10**12}}}),
        "superposition.llc.settings.fine: 4 chains of 1,000,000,000,000 kept draws",
    ),
    "draws of a calibration": (
        _superposition(llc={"calibration": {"chains": {"draws": 10**12}}}),
        "superposition.llc.calibration.chains: 2 chains of 1,000,000,000,000 kept draws",
    ),
    "draws of a calibration, as a factor": (
        _superposition(llc={"calibration": {"draws": [1e12]}}),
        "superposition.llc.calibration.draws: 4 chains of 60,000,000,000,000 kept draws",
    ),
    "samples of the limit": (
        _superposition(limit={"runs": {"samples": 10**12}}),
        "superposition.limit.runs.samples: 1,000,000,000,000 samples",
    ),
    "an image": (_image(width=10**7, height=10**7), "10,000,000 x 10,000,000 pixels"),
    "a photograph": (
        _image("photograph", width=10**6, height=10**6),
        "1,000,000 x 1,000,000 pixels",
    ),
    "k-means": (
        {
            "gaussians": {
                "images": {"gradient_checkerboard": {"width": 10**5, "height": 10**5}},
                "recipes": {"published": KMEANS},
            }
        },
        "fits of 6 Gaussians to 10,000,000,000 pixels",
    ),
    "Gaussians": (_runs(n=10**9), "1,000,000,000 Gaussians"),
    "iterations": (
        {"gaussians": {"recipes": {"published": {"iterations": 10**12}}}},
        "of 1,000,000,000,000 iterations",
    ),
    "features of a regression": (
        {"regression": {"data": {"features": 10**7}}},
        "second derivatives by 10,000,000 parameters",
    ),
    "samples of a regression": (
        {"regression": {"data": {"samples": 10**12}}},
        "1,000,000,000,000 samples",
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_no_machine_can_hold_is_refused_with_the_memory_that_it_takes(name, wall):
    overlay, says = TOO_LARGE[name]
    message = outcome(_over(overlay))
    assert says in message
    assert f"allowed is {size(LIMIT)} for a job" in message


BEYOND = {
    "points of a grid": (_snapshots(1, 100, 10**9), "a grid of 1.15e+09 points"),
    "a grid of neighbours": (
        _snapshots(10**12 - 2, 10**12 - 1, 5 * 10**5, 10**12),
        "allowed are 1,000,000",
    ),
    "a grid that goes on": (_snapshots(99, 100, 10**5, 10**9), "a grid of 1.6e+08 points"),
    "large epochs": (
        _snapshots(10**18, 10**18 + 1, 10, 10**18 + 5),
        "less than or equal to 1000000000000; found 1000000000000000000",
    ),
    "an integer of 401 digits": (_snapshots(1, 10**400, 10), "less than or equal to 1000000000000"),
    "an integer of 5,001 digits": (_runs(n=10**5000), "found an integer of thousands of digits"),
    "a float that float32 cannot hold": (
        _superposition(training={"rate": 1e100}),
        "1e+100 is out of range; allowed are 0 and sizes from 1e-45 to 1e+45",
    ),
    "a float whose square is 0": (
        _superposition(llc={"settings": {"fine": {"likelihood": {"sigma": 1e-200}}}}),
        "1e-200 is out of range",
    ),
    "resamples": (
        {"gaussians": {"n_study": {"seeds": {"resamples": 10**12}}}},
        "less than or equal to 1000000",
    ),
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_number_beyond_all_bounds_is_refused(name, wall):
    overlay, says = BEYOND[name]
    assert says in outcome(_over(overlay))


def test_a_grid_may_be_dense_where_training_ends_before_it_goes_on():
    assert outcome(_over(_snapshots(1, 10**6, 1000, 10**6))).count("no snapshot") <= MOST


def _over(overlay) -> dict:
    raw = copy.deepcopy(SMALL)
    update_config(raw, copy.deepcopy(overlay))
    return raw


CHAINS = {
    "burn-in": ({"chains": {"burn_in": 100}}, "chains: fine: burn_in (100) must leave 4"),
    "thinning": ({"chains": {"thin": 7}}, "chains: fine: thin (7) must divide draws (60)"),
    "thinning beyond the draws": ({"chains": {"thin": 70}}, "must leave 280 or more of the draws"),
    "no burn-in": ({"chains": {"burn_in": 0}}, "a step that adapts needs a burn_in"),
    "short chains": ({"draws": [0.001]}, "draws: fine 0.001: draws: Input should be greater"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_calibration_whose_chains_are_no_setting_is_refused(name):
    changed, says = CHAINS[name]
    message = outcome(_over(_superposition(llc={"calibration": changed})))
    assert f"superposition.llc.calibration.{says}" in message or says in message


@pytest.mark.parametrize(
    "overlay",
    [
        {"gaussians": {"llc": {"settings": {"sharp": {"coordinates": "whitened"}}}}},
        {"regression": {"llc": {"coordinates": "whitened", "localisation": 1.0}}},
        _superposition(limit={"llc": {"estimate": {"coordinates": "whitened"}}}),
    ],
)
def test_coordinates_of_a_hessian_need_one(overlay):
    assert "coordinates: Input should be 'parameters'; found 'whitened'" in outcome(_over(overlay))


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "/etc", "", ".", ".hidden", "a/b", "a\0b", "a\nb", "a b", "A", "ü", "a" * 65],
)
@pytest.mark.parametrize(
    "place",
    [
        "gaussians.images",
        "gaussians.recipes",
        "superposition.initialisations",
        "superposition.llc.settings",
    ],
)
def test_no_name_leads_out_of_the_results(place, name):
    study, *rest = place.split(".")
    raw = copy.deepcopy(SMALL)
    section = raw[study]
    for key in rest:
        section = section[key]
    section[name] = next(iter(section.values()))
    assert place in outcome(raw)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "results/../docs/gallery.md",
        "results/./figures/x.png",
        "results/figures//x.png",
        "results/figures/x.npz",
        "results/figures/.x.png",
        "figures/x.png",
        "results/figures/a b.png",
        "results/figures/x\n.png",
        "",
    ],
)
def test_a_copy_is_of_a_result(path):
    assert "gallery.0: String should match pattern" in outcome(_over({"gallery": [path]}))


def test_two_copies_of_one_name_are_refused():
    paths = ["results/figures/a/b.png", "results/figures/a_b.png"]
    assert "would both be copied to docs/gallery/a_b.png" in outcome(_over({"gallery": paths}))


def _integers(kind, marks=()):
    """Yield the metadata of every integer in a type."""
    if get_origin(kind) is Annotated:
        inner, *more = get_args(kind)
        yield from _integers(inner, (*marks, *more))
    elif kind is int:
        yield marks
    else:
        for one in get_args(kind):
            yield from _integers(one, marks)


def _sections(kind=Config, seen=None):
    seen = set() if seen is None else seen
    if isinstance(kind, type) and issubclass(kind, Settings):
        if kind not in seen:
            seen.add(kind)
            for field in kind.model_fields.values():
                _sections(field.annotation, seen)
    else:
        for one in get_args(kind):
            _sections(one, seen)
    return seen


def test_every_integer_has_a_greatest_value():
    sections = _sections()
    assert len(sections) > 50
    for section in sections:
        for name, field in section.model_fields.items():
            for marks in _integers(field.annotation, tuple(field.metadata)):
                flat = [
                    one
                    for mark in marks
                    for one in (mark, *(getattr(mark, "metadata", None) or ()))
                ]
                bounded = any(
                    isinstance(one, annotated_types.Le | annotated_types.Lt) for one in flat
                )
                assert bounded, f"{section.__name__}.{name}"


def test_a_value_in_a_message_is_short_and_printable():
    assert shown("a" * 10**6) == "'" + "a" * 37 + "..." + "a" * 37 + "'"
    assert len(shown(list(range(10**5)))) < LONGEST
    assert shown(10**5000) == "an integer of thousands of digits"
    assert shown([10**5000]) == "a list with one of thousands of digits"
    assert shown("a\nb\ud800") == r"'a\nb\ud800'"
    assert (word("kgon4"), word(""), word(" "), word(5)) == ("kgon4", "''", "' '", "5")
    assert listed(range(MANY)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"
    assert listed(range(1000)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ..., 999 (1,000 in all)"


def test_sizes_in_words():
    assert [size(n) for n in (0, 1000, 2**17, LIMIT, 2**70)] == [
        "0 bytes",
        "1,000 bytes",
        "128 KiB",
        "1,024 GiB",
        "1,024 EiB",
    ]
    assert size(10**400) == "more than 10^9 EiB"


def test_a_key_that_is_stated_twice_is_refused(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "a: {b: 1, b: 2}\nc: &c [{d: 1, e: 2, d: 3}]\nf: [*c, *c]\n<<: {a: 1}\n<<: {c: 1}\na: 3\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as refused:
        check_keys(path)
    assert str(refused.value).splitlines()[1:] == [
        "  a: stated in line 1 and in line 6",
        "  a.b: stated in line 1 and in line 1",
        "  c.0.d: stated in line 2 and in line 2",
    ]


def test_a_mapping_that_holds_itself_is_looked_through_once(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("a: &a {b: *a, c: [*a]}\n", encoding="utf-8")
    check_keys(path)


@pytest.mark.parametrize(
    "path", ["config.yaml", "tests/config/smoke.yaml", "overlays/thorough.yaml"]
)
def test_our_own_files_state_every_key_once(path):
    check_keys(ROOT / path)
