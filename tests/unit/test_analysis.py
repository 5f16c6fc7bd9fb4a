"""An analysis begins with a page; what it rests on is folded, and shows as Markdown there too."""

import re

import numpy as np
from markdown_it import MarkdownIt

from lgi import glossary
from lgi.analysis import Folded, analysis, link
from lgi.findings import Finding

FOUND = Finding(
    id="seed",
    headline="One seed shows its seed",
    text="Of two seeds one has the lower loss. It is the seed's, not that of N.",
    measure="share of N in the variance",
    value=0.19,
    low=0.05,
    high=0.33,
    n=20,
    unit="seeds",
    figure="figures/one_seed.png",
    alt="what one seed tells",
    table="tables/claims.csv",
)


def text(findings=(FOUND,), undecided=("Whether it is so.",), parts=(), **also):
    return analysis(
        study=1,
        title="A study",
        lead=["What it is."],
        findings=findings,
        undecided=undecided,
        parts=parts,
        **also,
    )


def html(markdown):
    return MarkdownIt("commonmark").enable("table").render(markdown)


def test_the_page_comes_before_what_is_folded():
    told = text(parts=[Folded("Details", ["| a |", "|---|", "| 1 |"])])
    places = [told.index(f"## {name}") for name in ("What was found", "What is open", "All of it")]
    assert places == sorted(places)
    assert told.index("<details>") > places[-1]


def test_answers_stand_between_what_is_open_and_what_is_folded():
    told = text(answers=["## What was asked", "", "All of it."], parts=[Folded("Details", ["a"])])
    names = ("What is open", "What was asked", "All of it")
    places = [told.index(f"## {name}\n") for name in names]
    assert places == sorted(places)
    assert "## What was asked" not in text()


def test_a_finding_has_its_number_with_interval_and_n_its_table_and_its_picture():
    told = text()
    assert "### 1. One seed shows its seed" in told
    assert "*Share of N in the variance*: **0.190 [0.0500, 0.330]**, n = 20 seeds" in told.replace(
        "[seeds]", "seeds"
    )
    assert "([table](../tables/claims.csv))" in told
    assert "![what one seed tells](../figures/one_seed.png)" in told


def test_markdown_inside_what_is_folded_is_rendered():
    shown = html(text(parts=[Folded("Details", ["| a |", "|---|", "| 1 |", "", "**bold**"])]))
    assert "<summary>Details</summary>" in shown
    assert "<table>" in shown
    assert "<strong>bold</strong>" in shown


def test_a_part_without_lines_is_left_out():
    assert "<details>" not in text(parts=[Folded("Details", [])])


def test_a_study_without_findings_says_so():
    told = text(findings=(), undecided=())
    assert "No finding" in told
    assert "Nothing that was asked is left open." in told


def test_a_finding_without_interval_or_picture_has_none():
    bare = Finding(**{**vars(FOUND), "low": np.nan, "high": np.nan, "figure": ""})
    told = text(findings=[bare])
    assert "**0.190**, n = 20" in told
    assert "![" not in told


def test_paths_are_seen_from_the_text():
    assert link("figures/a.png") == "../figures/a.png"
    assert link("report/explorer.html") == "explorer.html"


def test_every_term_that_is_used_is_defined_once_and_linked_once():
    told = text(parts=[Folded("Details", ["The loss turns, and turns; a recipe."])])
    links = re.findall(r"\]\(#(term-[\w-]+) ", told)
    defined = re.findall(r'<a id="(term-[\w-]+)">', told)
    assert len(links) == len(set(links))
    assert sorted(defined) == sorted(set(defined))
    assert set(links) <= set(defined)
    assert {"term-loss", "term-turn", "term-recipe", "term-seed"} <= set(links)
    assert "term-k-gon" not in defined


def test_anchors_are_unique_and_the_glossary_holds_all():
    anchors = [term.anchor for term in glossary.TERMS]
    assert len(set(anchors)) == len(anchors)
    told = glossary.markdown()
    assert all(f"**{term.name}**: {term.definition}" in told for term in glossary.TERMS)


def test_a_form_belongs_to_one_term_of_a_study():
    for study in (1, 2):
        forms = [
            form.lower()
            for term in glossary.TERMS
            if study in term.studies
            for form in (term.name, *term.forms)
        ]
        assert len(set(forms)) == len(forms)


def test_the_longest_term_is_meant_and_code_headings_and_tables_stay():
    lines = ["# loss", "| loss |", "`loss` of the best loss"]
    told = glossary.linked(lines, 1)
    assert told[:2] == lines[:2]
    assert told[2].startswith("`loss` of the [best loss](#term-best-loss ")


def test_a_small_n_is_not_the_number_of_gaussians():
    assert glossary.used("n = 20", 1) == ()
    assert [term.name for term in glossary.used("N = 20", 1)] == ["N"]
