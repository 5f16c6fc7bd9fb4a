"""The worked examples in `docs/examples`: what they find, in small."""

import importlib
from pathlib import Path

import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return importlib.import_module


def test_what_hangs_on_the_localisation_is_not_local(example):
    shared = example("shared")

    def estimate(setting):
        tighter = setting.localisation > 1
        status = ["ok", "ok", "not converged"]
        return pd.DataFrame(
            {"llc": [9.5, 5.0, 5.0] if tighter else [10.0, 10.0, 10.0], "status": status}
        ).assign(reason="")

    table = shared.looked_at_twice(estimate, shared.setting(1_000, 1.0, 90, (1,)))
    assert table["status"].tolist() == ["ok", "not local", "not converged"]
    assert table["reason"].tolist() == ["", "γ × 3 moves it by 50%", ""]
    assert table["llc_tighter"].isna().tolist() == [False, False, True]


def test_no_second_look_at_what_is_refused(example):
    shared = example("shared")
    looks = []

    def estimate(setting):
        looks.append(setting.localisation)
        return pd.DataFrame({"llc": [-3.0], "status": ["not a minimum"], "reason": ["r"]})

    shared.looked_at_twice(estimate, shared.setting(1_000, 1.0, 90, (1,)))
    assert looks == [1.0]


@pytest.mark.slow
def test_a_digits_classifier(example):
    digits = example("digits_mlp")
    table = digits.main(seeds=(0,), steps=(0, 300), draws=60)
    start, end = table.to_dict("records")
    # At the start ten digits are as likely: ln 10 = 2.30, and weights of order one add to it.
    assert start["train_loss"] == pytest.approx(2.6, abs=0.5)
    assert end["train_loss"] < 0.5
    assert start["status"] == "not a minimum"
    assert start["llc"] < -10  # chains go down; nβ ln 10 = 154
    assert end["llc"] > 0
    digits.figure(table)


@pytest.mark.slow
def test_deep_linear_networks(example):
    deep = example("deep_linear")
    table = deep.main(ranks=(1, 4), draws=150)
    assert table["truth"].tolist() == [6.5, 6.5, 8.0, 8.0]
    coarse = table[table["n"] == deep.SAMPLES].set_index("rank")
    # The regular one: ½ of 16 directions; 15 % is three of its standard errors.
    assert coarse.loc[4, "llc"] == pytest.approx(8.0, rel=0.15)
    # Half of 48 directions hold nothing: 24 / γ = 2.4 is far above a quarter of |w*|² = 3.
    assert coarse.loc[1, "status"] == "not local"
    assert coarse.loc[1, "strayed"] > 0.5
    deep.figure(table)


@pytest.mark.slow
def test_modular_addition(example):
    modular = example("modular_addition")
    table = modular.main(seeds=(0,), steps=(300, 1_000), draws=30)
    rows = table.set_index(["likelihood", "step"])
    for likelihood in modular.TRAINING:
        early, late = rows.loc[(likelihood, 300)], rows.loc[(likelihood, 1_000)]
        # All pairs that were shown are known first, and few of the 51 others.
        assert early["train_accuracy"] > 0.99
        assert early["test_accuracy"] < 0.7
        assert late["test_accuracy"] > early["test_accuracy"] + 0.1
    assert rows.loc[("Gaussian", 300), "status"] == "not a minimum"
    modular.figure(table)


@pytest.mark.slow
def test_a_tiny_transformer(example):
    tiny = example("tiny_transformer")
    table = tiny.main(steps=(100,), draws=24).set_index("name")
    assert list(table.index) == [*tiny.GROUPS, "whole"]
    parts, whole = table.iloc[:-1], table.loc["whole"]
    assert parts["parameters"].sum() == whole["parameters"] == 282
    # It has learnt to copy: two letters that are any of four have 2 ln 4 = 2.77.
    assert whole["train_loss"] < 1.5
    # Restricted ones do not add up: the parts undo each other.
    assert parts["llc"].sum() > 1.2 * whole["llc"]
    tiny.figure(table.reset_index())
