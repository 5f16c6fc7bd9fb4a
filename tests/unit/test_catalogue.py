"""What follows from a declaration: paths, groups, rules, and answers to paths that name nothing."""

import re
from types import SimpleNamespace

import pytest

from lgi.catalogue import Catalogue, Result, Study, copies, sums
from lgi.errors import DataError
from lgi.settings import Settings

RUN = "results/cats/{cat}/n{n}.npz"
RESULTS = (
    Result(
        "feed",
        RUN,
        "Feed a cat.",
        wanted=lambda config: [{"cat": cat, "n": 3} for cat in config.cats.names],
    ),
    Result(
        "weigh",
        {"table": "results/tables/cats.csv", "sums": "results/tables/cats_sums.csv"},
        "Weigh all cats.",
        make="cats:weigh",
        inputs=lambda config, wildcards: {"runs": [RUN.format(cat="tom", n=3)]},
        settings=lambda config, wildcards: {"scale": config.cats.scale},
    ),
    Result(
        "draw_cat",
        "results/figures/cats/{cat}{variant}.png",
        "Draw a cat.",
        make="cats:draw",
        inputs={"run": "results/cats/{cat}/n3.npz"},
        wanted=lambda config: [{"cat": "tom", "variant": ""}],
        groups=("pictures",),
        labels={"what": "a cat", "cat": "{cat}", "size": "{variant}"},
    ),
)


def display(config, wildcard, value):
    return {"tom": "Tom"}.get(value, value)


LEGAL = {
    "cat": ["tom", "mo.g"],
    "n": (re.compile(r"[1-9]\d*"), "any number from 1"),
    "variant": ["", "_big"],
}


@pytest.fixture
def catalogue():
    config = SimpleNamespace(cats=SimpleNamespace(names=["tom", "mo.g"], scale=2))
    cats = Study(
        "cats", "Cats", "All cats.", Settings, RESULTS, lambda config: LEGAL, display=display
    )
    absent = Study("dogs", "Dogs", "All dogs.", Settings, RESULTS, lambda config: 1 / 0)
    return Catalogue([cats, absent], config)


def test_everything_that_is_wanted_is_asked_for_once(catalogue):
    assert catalogue.everything() == [
        "results/cats/tom/n3.npz",
        "results/cats/mo.g/n3.npz",
        "results/tables/cats.csv",
        "results/tables/cats_sums.csv",
        "results/figures/cats/tom.png",
    ]


def test_groups_are_studies_kinds_and_their_own(catalogue):
    groups = catalogue.groups()
    assert groups["cats"] == catalogue.everything()
    assert groups["tables"] == ["results/tables/cats.csv", "results/tables/cats_sums.csv"]
    assert groups["figures"] == groups["pictures"] == ["results/figures/cats/tom.png"]
    assert "dogs" not in groups
    assert catalogue.purpose("cats") == "All cats."


def test_a_job_gets_files_and_settings(catalogue):
    draw, weigh = catalogue.result("draw_cat"), catalogue.result("weigh")
    assert catalogue.inputs(draw, {"cat": "tom", "variant": ""}) == {
        "run": "results/cats/tom/n3.npz"
    }
    assert catalogue.inputs(weigh, {}) == {"runs": ["results/cats/tom/n3.npz"]}
    assert catalogue.settings(weigh, {}) == {"scale": 2}
    assert catalogue.settings(draw, {}) == {}
    assert [result.rule for _, result in catalogue.made] == ["weigh", "draw_cat"]


def test_a_checksum_lies_beside_tables_and_traces(catalogue):
    assert "results/tables/cats.csv.sha256" in catalogue.result("weigh").outputs.values()
    assert "results/tables/cats.csv.sha256" not in catalogue.explain("results/tables/cat.csv")
    paths = ["a.csv", "b.nc", "c.png", "d.npz"]
    assert sums(paths) == ["a.csv.sha256", "b.nc.sha256"]


def test_a_vector_file_lies_beside_a_picture_and_the_log_is_called_after_the_first(catalogue):
    draw = catalogue.result("draw_cat")
    assert list(draw.outputs.values()) == [
        "results/figures/cats/{cat}{variant}.png",
        "results/figures/cats/{cat}{variant}.svg",
    ]
    assert draw.mains == ["made"]
    assert draw.log == "logs/figures/cats/{cat}{variant}.png.log"
    assert catalogue.result("weigh").mains == ["table", "sums"]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("cats/tom/n12.npz", True),
        ("cats/mo.g/n1.npz", True),
        ("cats/moxg/n1.npz", False),
        ("cats/tom/n0.npz", False),
        ("figures/cats/tom.png", True),
        ("figures/cats/tom_big.svg", True),
        ("figures/cats/_big.png", False),
        ("tables/cats.csv", True),
        ("tables/cat.csv", False),
    ],
)
def test_paths_that_a_rule_makes_are_known(catalogue, path, known):
    assert bool(re.fullmatch(catalogue.known(), path)) == known


def test_what_is_gathered_has_display_names(catalogue):
    assert [(one.path, one.labels) for one in catalogue.gathered()] == [
        ("results/tables/cats.csv", {}),
        ("results/tables/cats_sums.csv", {}),
        ("results/figures/cats/tom.png", {"what": "a cat", "cat": "Tom"}),
    ]


def test_numbers_have_zeros_in_front_where_they_sort_as_text():
    wanted = [{"n": n} for n in (8, 85, 20_000)]
    pictures = Result(
        "draw",
        "results/figures/{n}.png",
        "Draw.",
        wanted=lambda config: wanted,
        labels={"what": "cats, {n}"},
    )
    study = Study("cats", "Cats", "", Settings, (pictures,), lambda config: {"n": [8, 85, 20_000]})
    catalogue = Catalogue([study], SimpleNamespace(cats=1))

    def label(n, **how):
        return catalogue.labels(study, pictures, "made", {"n": n}, **how)["what"]

    assert label(85) == "cats, 85"
    assert [label(one["n"], sorted_as_text=True) for one in wanted] == [
        "cats, 00008",
        "cats, 00085",
        "cats, 20000",
    ]


def test_pictures_of_one_job_are_told_apart():
    tom, mog = "results/figures/tom.png", "results/figures/mog.png"

    def labels(what):
        drawn = Result("draw", {"tom": tom, "mog": mog}, "Draw.", labels={"what": what})
        study = Study("cats", "Cats", "", Settings, (drawn,), lambda config: {})
        catalogue = Catalogue([study], SimpleNamespace(cats=1))
        return [one.labels for one in catalogue.gathered()]

    assert labels("cats") == [{"what": "cats", "part": "tom"}, {"what": "cats", "part": "mog"}]
    assert labels({tom: "Tom", mog: "Mog"}) == [{"what": "Tom"}, {"what": "Mog"}]


def test_wildcards_are_held_to_their_own_study(catalogue):
    study, draw = catalogue.rules["draw_cat"]
    assert catalogue.constraints(study, draw) == {
        "cat": r"(?:tom|mo\.g)",
        "variant": "(?:|_big)",
    }


def test_a_path_that_names_nothing_is_told_what_exists(catalogue):
    text = catalogue.explain("results/tables/cat.csv")
    assert text.startswith("nothing makes results/tables/cat.csv")
    assert "  cat: tom | mo.g\n" in text
    assert "  n: any number from 1\n" in text
    assert f"  {RUN}\n" in text
    assert text.splitlines()[-1].startswith("nearest: results/tables/cats.csv")


def test_two_rules_cannot_share_a_name():
    config = SimpleNamespace(cats=1)
    twice = Study("cats", "Cats", "", Settings, RESULTS[:1] * 2, lambda config: LEGAL)
    with pytest.raises(DataError, match="one name"):
        Catalogue([twice], config)


def test_copies_have_names_of_their_own():
    figure, film = "results/figures/a/b.png", "results/animations/a/b.gif"
    assert copies([figure, film]) == {
        "docs/gallery/a_b.png": figure,
        "docs/gallery/a_b.gif": film,
    }
    with pytest.raises(ValueError, match=r"results/figures/a_b\.png would both be copied"):
        copies([figure, "results/figures/a_b.png"])
