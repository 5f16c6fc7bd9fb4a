"""Pictures of real size, on runs whose growth is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lgi.claims import NOT_SUPPORTED, SUPPORTED, UNDECIDED, Claims, claim_table
from lgi.errors import DataError
from lgi.gaussians.selection import RunList
from lgi.gaussians.sizes import figures
from lgi.gaussians.sizes.claims import claims
from lgi.gaussians.sizes.report import section
from lgi.gaussians.sizes.settings import SizesSettings
from lgi.gaussians.sizes.table import tables
from tests.unit.gaussians.synthetic import NAMES

N = [100, 400, 800]
SEEDS = [0, 1, 2, 3]
LISTS = [RunList(name="sizes", image=["near", "far"], recipe="grid", n=N, seeds=SEEDS)]
SETTINGS = SizesSettings(confidence=0.95, least=3, fits={"runs": "sizes"}, bits=16)
PARAMETERS = {"grid": 8}


def runs(image="near", pixels=10_000, exponent=0.5, doubling=3.0, seeds=SEEDS):
    """Rows of a table of runs: evaluations are a power of N, PSNR is linear in its logarithm."""
    return pd.DataFrame(
        [
            {
                "image": image,
                "recipe": "grid",
                "n": n,
                "seed": seed,
                "pixels_per_gaussian": pixels / n,
                "psnr_at_best": 20 + doubling * np.log2(n / 100) * (1 + 0.01 * seed),
                "ssim_at_best": 0.9,
                "ms_ssim_at_best": 0.95 + 0.001 * seed,
                "evaluations": pixels * n ** (exponent * (1 + 0.01 * seed)),
            }
            for n in N
            for seed in seeds
        ]
    )


def made(*found):
    return tables(pd.concat(found), SETTINGS, LISTS, PARAMETERS)


def judged(*found):
    return Claims(claim_table(claims(pd.concat(found), SETTINGS, LISTS)))


def test_a_row_per_picture_and_n_smaller_pictures_first():
    sizes, _ = made(runs("far", 40_000), runs())
    assert sizes["image"].tolist() == ["near"] * 3 + ["far"] * 3
    row = sizes.iloc[1]
    assert (row["n"], row["pixels"], row["seeds"]) == (400, 10_000, 4)
    assert row["bits_per_pixel"] == pytest.approx(16 * 8 * 400 / 10_000)
    assert row["psnr_low"] < row["psnr"] < row["psnr_high"]
    assert row["ms_ssim"] == pytest.approx(0.9515)
    assert row["evaluations_per_pixel"] == pytest.approx(row["evaluations"] / 10_000)


def test_growths_are_those_that_were_put_in():
    _, growth = made(runs())
    rows = growth.set_index("quantity")
    assert rows.loc["evaluations over N", "value"] == pytest.approx(0.5 * 1.015)
    assert rows.loc["PSNR of twice the N", "value"] == pytest.approx(3 * 1.015)
    assert rows["seeds"].tolist() == [4, 4]
    assert rows["from_n"].to_dict() == {"evaluations over N": 100, "PSNR of twice the N": 400}


def test_what_is_too_small_to_measure_is_missing_and_no_error():
    sizes, _ = made(runs().assign(ms_ssim_at_best=np.nan))
    assert sizes["ms_ssim"].isna().all()
    assert len(figures.sizes(sizes, NAMES).axes) == 3
    with pytest.raises(DataError, match="no runs"):
        made(runs().iloc[:0])


def test_opposite_pictures_get_opposite_verdicts():
    found = judged(runs("near", doubling=3.0, exponent=0.2))
    assert found.verdict("sizes.still_rises") == found.verdict("sizes.work") == SUPPORTED
    assert found.whole("sizes.work")["n"] == len(SEEDS)
    assert "more Gaussians are smaller ones" in found.sentence("sizes.work")
    found = judged(runs("near", doubling=-3.0, exponent=1.5))
    assert found.verdict("sizes.still_rises") == found.verdict("sizes.work") == NOT_SUPPORTED
    assert judged(runs(seeds=[0, 1])).verdict("sizes.work") == UNDECIDED


def test_of_several_pictures_the_whole_has_no_number_and_the_text_no_hole():
    table = pd.concat([runs(), runs("far", 40_000)])
    sizes, growth = made(table)
    study = SimpleNamespace(
        tables={"sizes": sizes, "sizes_growth": growth},
        claims=judged(table),
        settings=SimpleNamespace(sizes=SETTINGS),
        figure=lambda name, _: f"![{name}]",
    )
    text = "\n".join(section(study))
    assert "| far | grid | 40,000 | 800 | 2.00 % |" in text
    assert "near: 3.04 [" in text
    assert "–" not in text
    assert not list(section(SimpleNamespace(tables={})))


def test_the_figure_names_what_it_holds():
    sizes, _ = made(runs(), runs("far", 40_000))
    figure = figures.sizes(sizes, NAMES)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["near, grid start", "far, grid start", "SSIM", "MS-SSIM"]
    with pytest.raises(DataError, match="pictures"):
        figures.sizes(sizes.iloc[:0], NAMES)
