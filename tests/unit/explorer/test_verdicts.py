import numpy as np
import pandas as pd
import pytest

from lgi.claims import BELOW_0, OURS, Claim, Part, Sentences, claim_table, judge
from lgi.explorer import evidence, verdicts
from lgi.explorer.results import _made
from lgi.intervals import Interval
from tests.browser.trained_models import claims
from tests.configurations import SMOKE, checked
from tests.unit.explorer.test_packing import unpacked

ROW = {"samples": 1000, "loss": "train_loss", "states": "ok", "setting": "fine"}


@pytest.fixture(scope="module")
def config():
    return checked()


@pytest.fixture(scope="module")
def sections(config):
    return {name: getattr(config, name) for name in ("explorer", "gaussians", "superposition")}


def test_a_correlation_is_seen_among_the_models_of_its_start(sections):
    row = ROW | {"id": "superposition.no_correlation.kgon4"}
    assert evidence.state(row, sections) == {
        "view": "superposition",
        "setting": "fine",
        "samples": 1000,
        "epoch": 40000,
        "starts": "kgon4",
        "only": "ok",
    }
    of_hessian = evidence.state(row | {"id": f"{row['id']}.hessian_llc"}, sections)
    assert of_hessian["measure"] == "hessian_llc"
    assert evidence.paths(row, sections)[0] == "results/figures/llc_and_loss_epoch_40000.png"
    few = evidence.paths(row | {"samples": 100}, sections)
    assert few[0] == "results/figures/llc_and_loss_epoch_40000_samples100.png"


def test_first_values_are_seen_at_the_first_epoch(sections):
    row = ROW | {"id": "superposition.optimal_begins_low", "setting": "published", "states": "all"}
    found = evidence.state(row, sections)
    assert (found["epoch"], found["starts"], found["setting"]) == (0, "optimal", "published")
    assert "only" not in found


def test_two_numbers_of_samples_are_not_one_view(sections):
    row = ROW | {"id": "superposition.kgon4_worse_on_average", "samples": np.nan}
    assert evidence.state(row, sections) == {}
    own = evidence.state(row | {"id": row["id"] + ".kgon6", "samples": 1000}, sections)
    assert own["starts"] == "kgon4-kgon6"


def test_a_turn_is_seen_in_the_fit_that_turns(sections):
    found = evidence.state({"id": "turn.lost_pixels"}, sections)
    assert (found["view"], found["n"], found["iteration"]) == ("fits", 53, "turn")
    assert found["left"] == "published"


def test_a_cure_is_seen_beside_the_reference_where_the_page_has_both(sections):
    found = evidence.state({"id": "cures.smooth.delays"}, sections)
    assert (found["left"], found["right"]) == ("published", "smooth")
    assert evidence.state({"id": "cures.slow"}, sections) == {}


def test_a_study_that_is_not_shown_has_no_view(config, sections):
    hidden = config.explorer.model_copy(update={"gaussians": None, "superposition": None})
    rows = [ROW | {"id": "superposition.no_correlation.kgon4"}, {"id": "turn.diverges"}]
    for row in [*rows, {"id": "n_study.best"}]:
        assert evidence.state(row, sections | {"explorer": hidden}) == {}


def test_a_claim_without_evidence_is_refused():
    with pytest.raises(KeyError, match="other"):
        evidence.evidence("other.claim")


@pytest.mark.parametrize("overlay", [{}, SMOKE], ids=["config.yaml", "smoke"])
def test_what_evidence_names_is_made(overlay):
    config = checked(overlay)
    sections = {name: getattr(config, name) for name in ("explorer", "gaussians", "superposition")}
    made = set(_made(config))
    for id in evidence.EVIDENCE:
        found = evidence.paths(ROW | {"id": id, "samples": np.nan}, sections)
        assert made & set(found), id


def test_cards_hold_what_the_tables_say(sections):
    held, _ = unpacked(
        verdicts.packed(sections, claims(), {"results/figures/gaussians_turn.png": "turns"})
    )
    by_id = {card["id"]: card for card in held["cards"]}
    turn = by_id["turn.diverges"]
    assert (turn["verdict"], turn["value"], turn["n"]) == (
        "not supported",
        "0.150 [0.100, 0.200]",
        "n = 12",
    )
    assert turn["links"] == [{"href": "../figures/gaussians_turn.png", "text": "figure: turns"}]
    assert by_id["superposition.no_correlation.kgon4"]["links"] == []
    assert by_id["superposition.no_correlation.kgon4"]["state"]["starts"] == "kgon4"


def test_a_whole_without_a_value_of_its_own_tells_of_its_parts(sections):
    sentences = Sentences("So.", "Not so.", "Undecided.")
    claim = Claim("turn.diverges", "it turns", OURS, "difference", BELOW_0, sentences)
    parts = [Part(str(k), Interval(-1.0, -2.0, end, 10 + k)) for k, end in ((0, -0.5), (1, 0.5))]
    table = claim_table(judge(claim, parts))
    held, _ = unpacked(verdicts.packed(sections, {"gaussians_claims": table}, {}))
    (card,) = held["cards"]
    assert (card["value"], card["n"]) == ("", "n = 10 to 11 in 2 parts")
    assert card["parts"] == {"supported": 1, "undecided": 1}


def test_of_several_rows_the_one_of_the_summary_is_shown(sections):
    table = claims()["superposition_claims"]
    other = table.assign(states="all", shown=False)
    both = pd.concat([other, table], ignore_index=True)
    held, _ = unpacked(verdicts.packed(sections, {"superposition_claims": both}, {}))
    assert [card["state"].get("only") for card in held["cards"]] == ["ok", "ok"]
