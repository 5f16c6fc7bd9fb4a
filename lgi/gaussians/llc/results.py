"""Results on the effective dimensions of study 1's fits."""

from typing import Any

from lgi.catalogue import FIGURES, ROOT, TABLES, Result
from lgi.gaussians.fits.images import image_size
from lgi.gaussians.fits.results import NAMED
from lgi.llc.duration import gradients

_FIT = "{image}/{recipe}/n{n}_seed{seed}"
MINIMUM = ROOT + "llc/gaussians/minima/" + _FIT + ".npz"
ESTIMATE = ROOT + "llc/gaussians/" + _FIT + ".csv"
SWEEP = ROOT + "llc/gaussians/sweep/" + _FIT + ".csv"
LLC = TABLES + "gaussians_llc.csv"
LLC_SWEEP = TABLES + "gaussians_llc_sweep.csv"
FIGURE = FIGURES + "gaussians_llc.png"
SWEEP_FIGURE = FIGURES + "gaussians_llc_sweep.png"


def _estimated(config: Any) -> list[dict]:
    return [fit._asdict() for fit in config.gaussians.select(*config.gaussians.llc.fits)]


def _swept(config: Any) -> list[dict]:
    return [fit._asdict() for fit in config.gaussians.select(*config.gaussians.llc.sweep.fits)]


def _minimum_seconds(config: Any, wildcards: Any) -> float:
    return 0.03 * int(wildcards.n)


TERM = 1.5e-9
"""Seconds of a gradient for one Gaussian at one pixel, on one core."""


def _estimate_seconds(config: Any, wildcards: Any) -> float:
    width, height = image_size(config.gaussians.images[wildcards.image])
    taken = sum(map(gradients, config.gaussians.llc.settings.values()))
    return taken * int(wildcards.n) * width * height * TERM


RESULTS = (
    Result(
        rule="find_minimum",
        output=MINIMUM,
        purpose="Go on from a fit to the minimum of the squared error, and expand it there.",
        record=NAMED | {"": lambda config, _: {"settings": config.gaussians.llc.minimum}},
        seconds=_minimum_seconds,
        wanted=_estimated,
        groups=("llc",),
    ),
    Result(
        rule="estimate_gaussians_llc",
        output=ESTIMATE,
        purpose="Estimate the effective dimension of one fit at each σ and γ.",
        record={"": lambda config, _: {"settings": config.gaussians.llc.settings}},
        seconds=_estimate_seconds,
        wanted=_estimated,
        groups=("llc",),
    ),
    Result(
        rule="sweep_gaussians_llc",
        output=SWEEP,
        purpose="Estimate the effective dimension of one fit while σ and γ vary.",
        record={"": lambda config, _: config.gaussians.llc.swept()},
        wanted=_swept,
        groups=("llc",),
    ),
    Result(
        rule="collect_gaussians_llc",
        output={"table": LLC, "sweep": LLC_SWEEP},
        purpose="Gather and draw the effective dimensions of fits.",
        make="lgi.gaussians.llc.estimates:tables",
        draw={
            FIGURE: "lgi.gaussians.llc.figures:llc_vs_n",
            SWEEP_FIGURE: "lgi.gaussians.llc.figures:llc_sweep",
        },
        inputs=lambda config, wildcards: {
            "estimates": [ESTIMATE.format(**fit) for fit in _estimated(config)],
            "sweeps": [SWEEP.format(**fit) for fit in _swept(config)],
        },
        settings=lambda config, _: {"names": config.gaussians.names},
        groups=("llc",),
        labels={"figure": "effective dimension against N"},
        caption="Whether chains and curvatures agree on how many dimensions a minimum has at a "
        "noise. Half the effective dimension at (σ, γ), as chains find it around the minimum to "
        "which a fit was taken further, against N, with pixels as samples: a column per image and "
        "recipe, a row per setting. Beside it half the number of free parameters, half the "
        "effective dimension of the Hessian and of the image's Jacobian at the same σ and γ, and "
        "half the Jacobian's effective rank, means over seeds. Hollow points are not ok, arrows "
        "point to those beyond the axis. With varied settings: the same against the noise σ of an "
        "intensity and against the localisation γ, one varied at a time, with what the curvatures "
        "at the minimum predict. Where points leave the lines the chains see more than these "
        "curvatures.",
    ),
)
