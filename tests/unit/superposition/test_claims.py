"""The same code must find a claim supported in one world and not supported in its opposite."""

import numpy as np
import pandas as pd
import pytest

from lgi.claims import (
    CONTRADICTED,
    ORIGINAL,
    SUMMARY,
    SUPPORTED,
    UNDECIDED,
    WHOLE,
    WITHIN,
    Claims,
)
from lgi.errors import DataError
from lgi.intervals import rank_correlation
from lgi.superposition import claims
from lgi.superposition.settings import Original
from tests.unit.superposition import synthetic
from tests.unit.superposition.synthetic import (
    EPOCHS,
    LOSSES,
    SEEDS,
    SETTINGS,
    SPARSITIES,
    both,
    world,
)

ALL = ["id", "samples", "loss", "states", "setting", "part"]
TREND_OF_LOSS = "superposition.trend_of_loss"
TREND_OF_LLC = "superposition.trend_of_llc"
TREND_AS_SAID = "superposition.trend_of_undivided_loss"
NO_CORRELATION = "superposition.no_correlation.optimal"
BEGIN = "superposition.optimal_begins_low"
RISE = "superposition.optimal_rises"
LLC_STAYS = "superposition.optimal_llc_stays"
LOSS_STAYS = "superposition.optimal_loss_stays"
WORSE = "superposition.kgon4_worse_on_average"
BEST = "superposition.kgon4_best_better"
EQUAL = [f"{claim}.{six}" for claim in (WORSE, BEST) for six in ("optimal", "kgon6")]
OF_LOSS = [TREND_OF_LOSS, TREND_AS_SAID, LOSS_STAYS, WORSE, BEST]


def judged(*tables, **also):
    return both(*tables, **also)[0]


@pytest.fixture(scope="module")
def held():
    return synthetic.judged(True)[0]


@pytest.fixture(scope="module")
def opposite():
    return synthetic.judged(False)[0]


def whole(result, claim):
    rows = result[(result["id"] == claim) & (result["part"] == WHOLE)]
    assert len(rows)
    return rows


@pytest.mark.parametrize(
    "claim",
    [NO_CORRELATION, TREND_OF_LLC, BEGIN, RISE, LLC_STAYS, *OF_LOSS, *EQUAL],
)
def test_opposite_worlds_get_opposite_verdicts(held, opposite, claim):
    assert set(whole(held, claim)["verdict"]) == {SUPPORTED}
    assert set(whole(opposite, claim)["verdict"]) == {CONTRADICTED}


def test_every_claim_of_the_original_study_is_tried_above(held):
    tried = {NO_CORRELATION, TREND_OF_LLC, BEGIN, RISE, LLC_STAYS, *OF_LOSS}
    assert set(held.loc[held["source"] == ORIGINAL, "id"]) == tried


def test_a_row_for_each_claim_loss_size_setting_choice_of_states_and_part(held):
    assert not held.duplicated(ALL).any()
    assert {*claims.DIFFERS, "sentence", "reason", "margin", "flips", "shown"} < set(held)
    of_six = held[held["id"] == NO_CORRELATION]
    assert len(of_six) == 2 * 3 * 2 * 2 * (len(SPARSITIES) + 1)
    assert set(of_six["loss"]) == set(LOSSES)
    assert set(of_six["states"]) == {"all", "ok"}
    assert set(of_six["setting"]) == {"published", "fine"}
    of_llc = held[held["id"] == TREND_OF_LLC]
    assert set(of_llc["loss"]) == {""}
    assert set(of_llc["part"]) == {WHOLE, "kgon4", "optimal"}
    parts = held[held["part"] != WHOLE].groupby(ALL[:-1], dropna=False)
    wholes = held[held["part"] == WHOLE]
    assert parts["n"].sum().sum() == wholes["n"].sum()


def test_what_is_said_of_the_llc_is_asked_of_the_hessian_and_the_rank(held):
    measures = {
        "superposition.trend_of_llc",
        "superposition.trend_of_hessian_llc",
        "superposition.trend_of_directions.further_starts",
        "superposition.no_correlation.kgon4.hessian_llc",
        "superposition.no_correlation.optimal.directions",
    }
    assert measures < set(held["id"])
    assert set(whole(held, "superposition.trend_of_hessian_llc")["verdict"]) == {SUPPORTED}
    ours = held.loc[held["source"] != ORIGINAL, "id"]
    assert "superposition.no_correlation.kgon6" in set(ours)
    assert NO_CORRELATION not in set(ours)


def test_claims_of_a_loss_need_no_setting_and_early_ones_a_setting_with_early_states(held):
    assert set(held.loc[held["id"].isin(OF_LOSS), "setting"]) == {""}
    for claim in (BEGIN, RISE, LLC_STAYS):
        assert set(held.loc[held["id"] == claim, "setting"]) == {"published"}
        assert "no coefficient" in whole(held, RISE).iloc[0]["sentence"]


def test_claims_about_early_states_that_no_setting_estimates_are_undecided():
    table, llc = world(True)
    late = llc[llc["epoch"] > 0]
    result, summary = both(table, late)
    for claim in (BEGIN, RISE, LLC_STAYS):
        assert set(result.loc[result["id"] == claim, "verdict"]) == {UNDECIDED}
        assert claim in set(summary["id"])


def test_as_it_was_said_compares_what_the_panels_show():
    """100 samples make four-gons worse; at equal numbers nothing differs."""
    table, llc = world(True, samples=(100, 1000))
    density = 1 - table["sparsity"]
    rng = np.random.default_rng(1)
    luck = 1 + 0.01 * rng.uniform(-1, 1, len(table))
    loss = density * luck * np.where(table["samples"] == 100, 1.5, 1)
    table = table.assign(**dict.fromkeys(LOSSES, loss))
    result = judged(table, llc)
    said = whole(result, WORSE)
    assert set(said["verdict"]) == {SUPPORTED}
    assert said["samples"].isna().all()
    assert said["claim"].str.contains("models from the four-gon start with 100 samples").all()
    assert set(whole(result, BEST)["verdict"]) == {CONTRADICTED}
    for claim in EQUAL:
        assert set(whole(result, claim)["verdict"]) == {WITHIN}
        assert set(whole(result, claim)["samples"]) == {100, 1000}


def test_sparsities_are_compared_by_the_loss_divided_by_their_density():
    """A loss that is the same share of 1 - S everywhere has no trend but that of 1 - S."""
    table, llc = world(True)
    rng = np.random.default_rng(1)
    share = 0.2 + 0.01 * rng.uniform(-1, 1, len(table))
    table = table.assign(**dict.fromkeys(LOSSES, (1 - table["sparsity"]) * share))
    result = judged(table, llc)
    assert set(whole(result, TREND_AS_SAID)["verdict"]) == {SUPPORTED}
    assert set(whole(result, TREND_OF_LOSS)["verdict"]) == {WITHIN}


def test_verdicts_flip_at_the_margins_that_are_listed(held):
    row = whole(held, LOSS_STAYS).query("samples == 1000 and loss == 'train_loss'").iloc[0]
    assert row["margin"] == 0.05
    word, place, to = row["flips"].split(" ", 2)
    assert (word, to) == ("below", UNDECIDED)
    place = float(place.rstrip(":"))
    for factor, verdict in ((1.05, SUPPORTED), (0.95, UNDECIDED)):
        settings = SETTINGS.model_copy(update={"loss_margin": factor * place})
        again = judged(*world(True, samples=(100, 1000)), settings=settings)
        again = whole(again, LOSS_STAYS).query("samples == 1000 and loss == 'train_loss'")
        assert set(again["verdict"]) == {verdict}


def test_the_summary_has_a_row_for_each_claim_and_says_what_changes_it():
    table, llc = world(True, samples=(100, 1000))
    fine = llc[llc["epoch"] == EPOCHS[-1]].copy()
    turned = {name: -fine[name] for name in claims.MEASURES}
    result, summary = both(table, llc, fine=fine.assign(**turned))
    assert set(summary["id"]) == set(result["id"])
    assert summary["id"].is_unique
    assert set(SUMMARY) | set(claims.ALSO) | {"changes_with", "margin", "flips"} < set(summary)
    rows = summary.set_index("id")
    trend = rows.loc[TREND_OF_LLC]
    assert (trend["setting"], trend["samples"], trend["states"]) == ("fine", 1000, "ok")
    assert trend["verdict"] == CONTRADICTED
    assert trend["changes_with"] == (
        f"setting (published all: {SUPPORTED}; published ok: {SUPPORTED}; "
        f"fine all: {CONTRADICTED}; fine ok: {CONTRADICTED})"
    )
    rise = rows.loc[RISE]
    assert (rise["setting"], rise["states"], rise["changes_with"]) == ("published", "all", "")
    assert rows.loc[NO_CORRELATION, "loss"] == "train_loss"
    assert rows.loc[NO_CORRELATION, "samples"] == 1000
    chosen = result[result["shown"]]
    assert Claims(chosen).verdict(RISE) == rise["verdict"]


def test_the_same_tables_give_the_same_rows(held):
    again = judged(*world(True, samples=(100, 1000)))
    pd.testing.assert_frame_equal(held, again)


def test_ok_states_alone_can_differ_from_all():
    """Where all that begin low are no minima, the rise rests on values that mean nothing."""
    table, llc = world(True)
    llc.loc[(llc["epoch"] == 0) & (llc["init"] == "optimal"), "status"] = "not a minimum"
    result = judged(table, llc)
    rows = whole(result, RISE).set_index("states")
    assert rows["verdict"].to_dict() == {"all": SUPPORTED, "ok": UNDECIDED}
    assert rows["differs"].all()
    assert not whole(result, TREND_OF_LOSS)["differs"].any()


def test_losses_and_numbers_of_samples_can_differ(held):
    assert not whole(held, TREND_OF_LOSS)[["differs_by_loss", "differs_by_samples"]].any().any()
    table, llc = world(True, samples=(100, 1000))
    table["test_loss"] *= -1
    table.loc[table["samples"] == 100, "train_loss"] *= -1
    result = whole(judged(table, llc), TREND_OF_LOSS)
    assert result["differs_by_loss"].all()
    by_samples = result.groupby("loss")["differs_by_samples"].agg(["all", "any"])
    assert by_samples.loc["train_loss", "all"]
    assert not by_samples.loc["test_loss", "any"]


def test_one_start_against_it_refutes_every_start():
    table, llc = world(True)
    turned = table["init"] == "random"
    steps = 0.2 * (1 - table["sparsity"]) * table["sparsity"]
    table.loc[turned, LOSSES] = steps[turned].to_numpy()[:, None] * [1, 1, 1]
    rows = whole(judged(table, llc), TREND_OF_LOSS + ".further_starts")
    assert set(rows["verdict"]) == {CONTRADICTED}
    assert set(whole(judged(table, llc), TREND_OF_LOSS)["verdict"]) == {SUPPORTED}


def test_too_few_models_decide_nothing():
    result = judged(*world(True, seeds=9))
    rows = result[result["id"] == NO_CORRELATION]
    assert set(rows["verdict"]) == {UNDECIDED}
    assert rows["statistic"].isna().all()
    assert rows.loc[rows["part"] != WHOLE, "reason"].eq("fewer than 10 models").all()


def test_a_loss_that_does_not_vary_has_no_correlation():
    table, llc = world(True)
    table[LOSSES] = 0.1 * (1 + 1e-15 * np.random.default_rng(0).normal(size=(len(table), 3)))
    result = judged(table, llc)
    rows = result[(result["id"] == NO_CORRELATION) & (result["part"] != WHOLE)]
    assert rows["reason"].eq("the values do not vary or are 0").all()


def test_one_model_that_differs_is_no_correlation():
    pairs = np.column_stack([np.arange(20.0), np.arange(20) == 19])
    part = claims.Sample("x", (pairs,), rank_correlation)
    judged = claims._bootstrap(part, SETTINGS, np.random.default_rng(0)).at(0.95)
    assert judged.reason == "the values hardly vary"
    assert np.isnan(judged.interval.low)


def test_missing_starts_are_said_not_hidden():
    table, llc = world(True)
    result = judged(table[table["init"] == "random"], llc)
    for claim in (NO_CORRELATION, RISE, WORSE):
        rows = result[result["id"] == claim]
        assert set(rows["reason"]) == {"there are no such runs"}
        assert set(rows["verdict"]) == {UNDECIDED}


def test_values_that_are_not_finite_do_not_count():
    table, llc = world(True)
    table.loc[table["seed"] == 0, LOSSES] = np.nan
    llc.loc[llc["seed"] == 1, "llc"] = np.nan
    result = judged(table, llc)
    part = result[(result["id"] == NO_CORRELATION) & (result["part"] != WHOLE)]
    assert set(part["n"]) == {SEEDS - 2}
    assert set(whole(result, TREND_OF_LOSS)["verdict"]) == {SUPPORTED}


def test_an_unknown_population_loss_has_no_rows():
    table, llc = world(True)
    result = judged(table.assign(population_loss=np.nan), llc)
    assert set(result["loss"]) == {"", "train_loss", "test_loss"}


def test_tables_must_share_states():
    table, llc = world(True)
    with pytest.raises(DataError, match="no model and epoch in common"):
        judged(table, llc.assign(epoch=7))


def test_intervals_cover_what_they_should():
    """Correlation 0 and 40 pairs: 95 % intervals hold it in 92 to 97.5 % of 400 worlds."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        part = claims.Sample("x", (rng.normal(size=(40, 2)),), rank_correlation)
        judged = claims._bootstrap(part, SETTINGS, rng)
        low, high = np.quantile(judged.replicates, [0.025, 0.975])
        held += low <= 0 <= high
    assert 0.92 <= held / 400 <= 0.975


def test_the_original_says_which_starts_play_its_roles():
    """The same rows whatever the starts are called; what it says names them as they are."""
    table, llc = world(True)
    names = {"kgon4": "square", "kgon6": "hexagon", "optimal": "best"}
    renamed = [frame.assign(init=frame["init"].replace(names)) for frame in (table, llc)]
    result = judged(*renamed, Original(**names))
    for claim in (TREND_OF_LOSS, BEGIN, RISE, LLC_STAYS, LOSS_STAYS):
        assert set(whole(result, claim)["verdict"]) == {SUPPORTED}
    for claim in (f"{WORSE}.best", f"{BEST}.hexagon"):
        assert set(whole(result, claim)["verdict"]) == {SUPPORTED}
    assert set(whole(result, "superposition.no_correlation.best")["source"]) == {ORIGINAL}


def test_a_claim_owns_the_sentence_of_its_verdict(held, opposite):
    rows = whole(held, RISE).iloc[0]
    assert rows["sentence"].startswith(
        "From the optimal six-gon start, the LLC of low-sparsity runs rises"
    )
    against = whole(opposite, RISE).iloc[0]["sentence"]
    assert "does not rise" in against
    for result in (held, opposite):
        wholes = result[result["part"] == WHOLE]
        assert wholes["sentence"].str.endswith(".").all()
        assert not wholes["sentence"].str.contains(r"[{}]").any()


def test_a_claim_is_found_by_its_id_or_missed_loudly(held):
    chosen = held.query("samples == 1000 and states == 'all' and loss in ('train_loss', '')")
    assert Claims(chosen).verdict(RISE) == SUPPORTED
    with pytest.raises(DataError, match=r"no claim is called superposition\.rises"):
        Claims(chosen).verdict("superposition.rises")
