"""A setting to begin with, for a model of one's own."""

import math

from torch import Tensor
from torch.nn import Module

from lgi.llc.library.parameters import Choice, chosen
from lgi.llc.library.target import plain
from lgi.llc.samplers import HMC, SGLD
from lgi.llc.settings import EstimateSettings, Thresholds

LENGTHS = 0.25
"""Share of |w*|² that chains stray where the loss holds nothing: P/γ over |w*|²."""

WITHOUT_LENGTH = 10.0
"""γ of a w* of 0, which has no length: that of study 2."""

STIFF = 0.1
"""Share by which SGLD may overestimate in the stiffest direction."""

UNBIASED = 0.9
"""Bound of SGLD's acceptance: 10 % too much in 18 directions (`lgi.llc.estimate.statuses`)."""

FEWEST, KEPT = 40, 1_000  # steps of a chain at least, and draws of it that are kept at most

THRESHOLDS = Thresholds(
    share_below=0.1,
    gradient_norm=0.01,
    fall=3.0,
    free=0.8,
    strayed=LENGTHS,
    shift=0.1,
    acceptance=0.2,
    rhat=1.05,
    ess=100.0,
)
"""Bounds of study 2's setting ``fine`` that draws alone can be held against."""


def default_setting(model: Module | Tensor, parameters: Choice | None = None) -> EstimateSettings:
    """Return a setting for `estimate_module` or `estimate_function` to begin with.

    HMC with a step that adapts: exact, for data of which all can be taken at every step. 4 chains
    of 1,000 draws, of which 200 are burn-in, 2, 4 and 8 leapfrog steps in turn; nβ = n / ln n. γ is
    P / (|w*|² / 4), so that chains go no further than half of |w*| even where the loss holds
    nothing: the setting is local by construction. Of a w* of 0, which has no length, γ is 10.

    Known answers under this very setting stand in docs/from_devinterp.md. Whether it serves
    another model the estimate's own status says; `resolution_curve` shows what nβ and γ do.

    Parameters
    ----------
    model
        The module, or w* of a function.
    parameters
        Which of the module's are sampled, as of the option ``parameters``.
    """
    of_w = chosen(plain(model), parameters).flat() if isinstance(model, Module) else model
    square = float(of_w.detach().double().square().sum())
    return EstimateSettings(
        sampler=HMC(kind="hmc", step_size=1e-3, leapfrog_steps=[2, 4, 8], target_acceptance=0.8),
        chains=4,
        draws=1_000,
        burn_in=200,
        localisation=of_w.numel() / (LENGTHS * square) if square > 0 else WITHOUT_LENGTH,
        inverse_temperature="1/log n",
        thresholds=THRESHOLDS,
    )


def langevin_setting(
    setting: EstimateSettings, curvature: float, samples: int, relaxations: int = 20
) -> EstimateSettings:
    """Return a setting with SGLD in place of its sampler, for data too many for every step.

    In a direction of curvature h draws are wider by 1 / (1 - ε (nβ h + γ) / 4), so the step ε that
    keeps this below `STIFF` is set by the stiffest direction, and a direction that the loss does
    not hold takes 2 / (ε γ) steps to forget where it was: chains have `relaxations` of these, a
    quarter of them burn-in, and keep 1,000 draws or all. Options ``batch_size`` and ``chunk`` say
    how much is taken at once.

    Parameters
    ----------
    setting
        That of `default_setting`, or another.
    curvature
        The largest eigenvalue of the Hessian of the loss at w*; see
        `lgi.llc.library.curvature.curvatures`.
    samples
        n.
    relaxations
        Length of a chain, in times that its slowest direction takes.
    """
    stiffness = setting.n_beta(samples) * max(curvature, 0.0) + setting.localisation
    step = 4 * STIFF / (1 + STIFF) / stiffness
    steps = max(FEWEST, math.ceil(relaxations * 2 / (step * setting.localisation)))
    thin = math.ceil(steps / KEPT)
    draws = math.ceil(steps / thin)
    return setting.model_copy(
        update={
            "sampler": SGLD(kind="sgld", step_size=step),
            "draws": draws * thin,
            "burn_in": draws // 4 * thin,
            "thin": thin,
            "thresholds": setting.thresholds.model_copy(update={"acceptance": UNBIASED}),
        }
    )
