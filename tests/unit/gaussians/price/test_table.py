"""N at a price, on curves whose answer is known."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, SUPPORTED, Claims, claim_table
from lgi.errors import DataError
from lgi.gaussians.price import cost, figures
from lgi.gaussians.price.claims import claims
from lgi.gaussians.price.settings import PriceSettings
from lgi.gaussians.price.table import AT, channels_of, curves, saved, tables
from lgi.gaussians.selection import RunList
from tests.unit.gaussians.synthetic import NAMES

N = [10, 20, 40, 80]
SEEDS = list(range(8))
LISTS = [RunList(name="runs", image=["a", "b"], recipe="exact", n=N, seeds=SEEDS)]
SETTINGS = PriceSettings(
    confidence=0.95, least=3, fits={"runs": "runs"}, bits=[1, 3, 1000], noise=[1, 1e6]
)
PARAMETERS = {1: {"exact": 6}, 3: {"exact": 8}}
CHANNELS = {"a": 3, "b": 3}
PIXELS = 4096


def runs(image="a", saves=3.0, jitter=0.0):
    """Rows of a table of runs: fits whose N-th parameter saves so many bits per parameter."""
    rows = []
    for seed in SEEDS:
        for n in N:
            # (m / 2) log2(MSE) falls by `saves` bits for each of the 8 n parameters.
            bits = 8 * n * saves * (1 + jitter * seed)
            error = 0.04 * 2 ** (-2 * bits / (3 * PIXELS))
            rows.append(
                {
                    "image": image,
                    "recipe": "exact",
                    "n": n,
                    "seed": seed,
                    "pixels_per_gaussian": PIXELS / n,
                    "psnr_at_best": -10 * math.log10(error),
                    "ssim_at_best": 0.9,
                }
            )
    return pd.DataFrame(rows)


def llc(status="ok"):
    """Rows of a table of estimates, with 3 of 4 parameters determined."""
    return pd.DataFrame(
        {
            "image": "a",
            "recipe": "minimum",
            "setting": "near",
            "noise": 0.01,
            "localisation": 1.0,
            "n": [10, 20, 40],
            "seed": 0,
            "status": ["ok", "ok", status],
            "rmse": [0.3, 0.2, 0.1],
            "trained": [70, 140, 280],
            "llc": [0.75 * 35, 0.75 * 70, 0.75 * 140],
            # n L falls by less than ½ k ln n and more than λ̂ ln n from 20 to 40.
            "loss_at_w": np.array([2000.0, 1000.0, 500.0]) / PIXELS,
        }
    )


def pictures(*grey):
    """Runs that have a target alone: colours, but for the images that are grey."""
    colours = np.random.default_rng(0).random((9, 9, 3))
    equal = np.repeat(colours[..., :1], 3, axis=-1)
    for image in CHANNELS:
        yield Picture(image, equal if image in grey else colours)


@dataclass
class Picture:
    image: str
    target: np.ndarray

    def __getitem__(self, name):
        return getattr(self, name)


def made(table, at=None, estimates=None):
    estimates = llc() if estimates is None else estimates
    return tables(table, estimates, pictures(), SETTINGS, LISTS, PARAMETERS, at or {})


def test_more_than_a_parameter_saves_is_too_much_to_pay_for_it():
    price, _, _ = made(runs(saves=3.0))
    stars = price[price["score"] == "description"].set_index("bits")["n_star"]
    assert stars[1] == 80
    assert stars[cost.regular_price(PIXELS)] == stars[1000] == 10
    row = price[price["bits"] == 1].iloc[0]
    assert (row["low"], row["high"], row["seeds"]) == (80, 80, 8)
    assert row["seeds_at_most_tried"] == 8
    assert row["bits_per_pixel"] == pytest.approx(8 * 80 / PIXELS)


def test_without_noise_every_gaussian_pays_and_with_much_of_it_none_does():
    price, _, _ = made(runs())
    stars = price[price["score"] == "free energy"].set_index("sigma")["n_star"]
    assert (stars[1], stars[1e6]) == (80, 10)


def test_the_price_of_an_n_is_what_its_neighbours_say():
    table = runs(saves=3.0)
    _, at, _ = made(table, at={"a": 20})
    rows = at.set_index("quantity")
    assert rows.loc["bits", "value"] == pytest.approx(3.0)
    assert rows.loc["bits over regular", "value"] == pytest.approx(0.5)
    curve = next(curves(table, SETTINGS, LISTS, PARAMETERS, CHANNELS))
    sigma = rows.loc["sigma", "value"]
    ends = {40: 0.99 * rows.loc["sigma", "from"], 10: 1.01 * rows.loc["sigma", "to"]}
    for star, beyond in ends.items():
        left = cost.misfit(curve.error[0], curve.values, beyond * cost.LEVEL)
        assert curve.n[cost.best(left, curve.n, 8 * curve.regular)] == star
    residual = rows.loc["residual", "value"]
    assert residual == pytest.approx(math.sqrt(curve.error[0, 1]) / cost.LEVEL)
    assert rows.loc["sigma over residual", "value"] == pytest.approx(sigma / residual)


def test_equal_channels_count_once():
    assert channels_of(pictures("b")) == {"a": 3, "b": 1}
    table = runs("b", saves=3.0)
    curve = next(curves(table, SETTINGS, LISTS, PARAMETERS, {"b": 1}))
    assert (curve.values, curve.parameters) == (PIXELS, 6)
    # A third of the bits is saved, by six parameters instead of eight.
    assert saved(curve) == pytest.approx(3.0 / 3 * 8 / 6 / cost.regular_price(PIXELS))


def test_the_measured_dimension_makes_a_price_of_its_own():
    price, _, _ = made(runs())
    own = price[(price["price"] == "measured") & (price["score"] == "description")]
    assert own["setting"].tolist() == ["near"]
    assert own["bits"].tolist() == pytest.approx([0.75 * cost.regular_price(PIXELS)])


def minima(price):
    return price[price["score"] == "minima"].set_index("price")


def test_a_smaller_dimension_makes_room_for_more_gaussians():
    price, _, energy = made(runs())
    assert energy["misfit"].tolist() == pytest.approx([2000, 1000, 500])
    assert energy["regular"].iloc[0] == pytest.approx(35 * math.log(PIXELS))
    assert energy["measured"].iloc[0] == pytest.approx(0.75 * 35 * math.log(PIXELS))
    found = minima(price)
    assert found["n_star"].to_dict() == {"regular": 20, "measured": 40}
    assert found.loc["measured", "sigma"] == pytest.approx(0.01 * 255)
    assert found.loc["measured", "residual"] == pytest.approx(0.1 * 255)
    assert found.loc["measured", "psnr"] == pytest.approx(20)


def test_an_estimate_that_is_not_ok_is_not_spoken_of():
    price, _, energy = made(runs(), estimates=llc("left the basin"))
    assert np.isnan(energy["measured"].iloc[2])
    assert minima(price)["most_tried"].tolist() == [20, 20]


def test_only_n_that_all_seeds_have_are_compared():
    table = runs()
    table = table[(table["n"] != 80) | (table["seed"] == 0)]
    assert next(curves(table, SETTINGS, LISTS, PARAMETERS, CHANNELS)).n.tolist() == [10, 20, 40]
    with pytest.raises(DataError, match="no runs"):
        next(curves(table.iloc[:0], SETTINGS, LISTS, PARAMETERS, CHANNELS))


def judged(*tables, at=None):
    rows = claims(pd.concat(tables), pictures(), SETTINGS, LISTS, PARAMETERS, at or {})
    return Claims(claim_table(rows))


def test_whether_more_pay_is_judged_image_by_image():
    found = judged(runs("a", 12.0, 0.01), runs("b", 2.0, 0.01))
    parts = found.parts("price.more_pay").set_index("part")["verdict"]
    assert parts.to_dict() == {"a, exact": SUPPORTED, "b, exact": NOT_SUPPORTED}
    sentence = found.sentence("price.more_pay")
    assert "no longer pays on b. They do on a." in sentence


def test_what_one_n_needs_is_asked_of_the_originals_image_alone():
    found = judged(runs("a", 12.0, 0.01), runs("b", 2.0, 0.01), at={"a": 20})
    assert found.verdict("price.needs_bits") == SUPPORTED
    assert found.whole("price.needs_bits")["n"] == len(SEEDS)
    assert judged(runs("a", 2.0, 0.01), at={"a": 20}).verdict("price.needs_bits") == NOT_SUPPORTED
    with pytest.raises(DataError, match="no claim"):
        judged(runs("a", 2.0, 0.01)).verdict("price.needs_bits")


def test_the_figures_show_a_panel_per_image_and_mark_the_n():
    table = pd.concat([runs("a", 12.0, 0.01), runs("b", 2.0, 0.01)])
    price, at, energy = made(table, at={"a": 20})
    figure = figures.n_at_a_price(price, at, NAMES)
    titles = [axes.get_title().splitlines()[0] for axes in figure.axes]
    assert titles == ["a", "b"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "N = 20" in labels
    assert len(figures.free_energy(price, energy, at, NAMES).axes) == 3
    nothing = pd.DataFrame(columns=list(AT))
    assert len(figures.free_energy(price, energy, nothing, NAMES).axes) == 3
    with pytest.raises(DataError, match="prices"):
        figures.n_at_a_price(price.iloc[:0], at, NAMES)
