"""What skill would have been found, on losses whose variance is known."""

import numpy as np
import pandas as pd
import pytest

from lgi.gaussians.prediction.power import COLUMNS, PLANTED, detectable, found

NUMBERS = np.arange(40, 48)
OPTIONS = {"confidence": 0.95, "ridge": 1.0, "least": 0.05, "repeats": 6, "seed": 0}


def features(seeds, slope=-0.1):
    rng = np.random.default_rng(seeds)
    loss = slope * NUMBERS + rng.normal(size=(seeds, len(NUMBERS)))
    return pd.DataFrame(
        {
            "seed": np.repeat(np.arange(seeds), len(NUMBERS)),
            "n": np.tile(NUMBERS, seeds),
            "best_loss": loss.ravel(),
            "state": "start",
        }
    ).assign(image="board", recipe="short")


@pytest.fixture(scope="module")
def few():
    return found(features(6), tests=3, **OPTIONS)


@pytest.fixture(scope="module")
def many():
    return found(features(24), tests=3, **OPTIONS)


def test_the_planted_share_is_the_skill(many):
    """Independent losses: the share of the variance that a predictor has is what it saves."""
    assert tuple(many) == COLUMNS
    assert np.allclose(many["planted"], PLANTED)
    # 192 rows, so errors near 0.05, of means over six.
    assert np.allclose(many["skill"], many["planted"], atol=0.08)


def test_more_seeds_find_smaller_skills(few, many):
    # Four times the seeds halve the errors, and the least skill that counts stays.
    assert detectable(many, 0.8) < 0.7 * detectable(few, 0.8)


def test_a_skill_between_two_is_interpolated():
    rows = pd.DataFrame(
        {"planted": [0.1, 0.2, 0.3], "skill": [0.0, 0.2, 0.4], "found": [0, 0.5, 1]}
    )
    assert detectable(rows, 0.8) == pytest.approx(0.32)
    assert detectable(rows, 0.0) == 0.0
    assert np.isnan(detectable(rows.assign(found=0.7), 0.8))
    assert np.isnan(detectable(rows.iloc[:0], 0.8))


def test_the_same_features_give_the_same_table(few):
    again = features(6).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(few, found(again, tests=3, **OPTIONS))


def test_too_few_seeds_give_no_row():
    assert found(features(2), tests=3, **OPTIONS).empty
