"""Effective dimensions of minima near fits of Gaussians, with pixels as samples.

What is estimated is λ̂ of `lgi.llc` at a noise σ and a localisation γ. It moves with both, so it is
no learning coefficient, and it is that of the minimum to which a fit was taken further, which is
another state than the fit.

The loss of a sample is -log of its likelihood under normal noise of the intensities, σ: L(w) is the
mean over pixels of Σ_channels (image - target)² / (2 σ²), and n is the number of pixels. The
estimator is that of `lgi.llc`. Chains move in coordinates in which the localised posterior is round
as far as the Hessian at w* tells: w = w* + V a z, with its eigenvectors V, its eigenvalues h and
a = (nβ h + γ)^-½. The localisation is that of w, so that it is γ a² for each z.

To second order (Laplace) λ̂ is half the number of directions that the data determine,
½ Σ nβ h / (nβ h + γ): half the effective dimension (MacKay 1992) of the Hessian. That of the
Jacobian leaves out how the image bends.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy import optimize

from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.llc.likelihood_cpu import loss_and_gradient
from lgi.gaussians.llc.minimum import squared_error_of
from lgi.gaussians.llc.settings import GaussianEstimate
from lgi.gaussians.prediction.jacobian import effective_dimension, effective_rank
from lgi.llc import estimate
from lgi.llc import tables as of_both
from lgi.llc.estimate import TIGHTER
from lgi.llc.problem import Problem
from lgi.llc.status import DIVERGED
from lgi.llc.sweep import sweep as swept
from lgi.llc.sweep import variations
from lgi.runs import Run

LEFT = "left the basin"
RETURN_EVALUATIONS = 150  # of the loss, from the last draw of a chain back to a minimum
COLUMNS = (
    "image",
    "recipe",
    "n",
    "seed",
    "setting",
    "noise",
    "localisation",
    "n_beta",
    "trained",
    "parameters",
    "llc",
    "llc_se",
    "predicted",
    "predicted_shift",
    "predicted_jacobian",
    "effective_rank",
    "rhat",
    "ess",
    "acceptance",
    "share_below",
    "gradient_norm",
    "fall",
    "status",
    "reason",
    "loss_at_w",
    "loss_of_fit",
    "mean_loss",
    "rmse",
    "rmse_of_fit",
    "below_fit",
    "moved",
)


def estimate_minimum(minimum: Run, settings: Mapping[str, GaussianEstimate]) -> pd.DataFrame:
    """Estimate half the effective dimension of a minimum with some settings.

    Parameters
    ----------
    minimum
        File of `lgi.gaussians.llc.minimum.find_minimum`.
    settings
        Settings by name.

    Returns
    -------
    pandas.DataFrame
        A row per setting with the columns `COLUMNS`: ``trained`` values and those of them that are
        not on a bound, ``parameters``, P; what `lgi.llc.estimate.estimate` says, ``gradient_norm``
        along the coordinates z of the chains; ``predicted`` and ``predicted_jacobian``, half the
        effective dimension of the Hessian and of the Jacobian, and ``predicted_shift``, by how much
        the first moves with `TIGHTER` times the γ; ``effective_rank`` of the Jacobian
        (Roy and Vetterli 2007); ``fall``, how far below nβ L(w*) the last draw of a chain falls
        when it is minimised, the deepest of the chains; where w* was found: ``loss_of_fit``, the
        loss of the best state of training, from which the search began, ``below_fit``, nβ times
        what w* lies below it, ``rmse`` and ``rmse_of_fit``, root mean square error of an intensity
        at both, and ``moved``, the largest change of a value between them. A status is one of
        `lgi.llc.estimate.statuses`, or `LEFT` where a chain falls deeper than the setting allows
        though w* is a minimum: it is in the basin of another one.
    """
    rows = [_row(minimum, name, setting) for name, setting in settings.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sweep(
    minimum: Run, name: str, setting: GaussianEstimate, values: Mapping[str, Iterable[float]]
) -> pd.DataFrame:
    """Estimate half the effective dimension of a minimum while one value varies at a time.

    Parameters
    ----------
    minimum
        File of `lgi.gaussians.llc.minimum.find_minimum`.
    name, setting
        The setting that the values depart from.
    values
        What is varied, ``noise`` σ or ``localisation`` γ, with its values.

    Returns
    -------
    pandas.DataFrame
        ``varied`` (noise or localisation) and ``value`` before the columns of `estimate_minimum`.
    """
    pixels = minimum["target"][..., 0].size
    rows = swept(
        variations(name, setting, values, pixels),
        lambda one: _row(minimum, one.name, one.setting),
        pixels,
    )
    return pd.DataFrame(rows, columns=["varied", "value", *COLUMNS])


def tables(
    estimates: Iterable[pd.DataFrame], sweeps: Iterable[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return tables of `estimate_minimum` as one, and those of `sweep`."""
    return gathered(estimates), gathered(sweeps)


def gathered(estimates: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Gather tables of `estimate_minimum` or `sweep` into one, sorted.

    Raises
    ------
    RunFileError
        If a table is truncated or foreign; the message names its file.
    """
    return of_both.gathered(estimates, COLUMNS, ["image", "recipe", "n", "seed", "setting"])


class _Posterior:
    """The localised posterior of a minimum, in the coordinates of the chains."""

    def __init__(self, minimum: Run, setting: GaussianEstimate):
        recipe = RecipeSettings.model_validate(minimum.record["recipe"])
        error = squared_error_of(minimum["target"], recipe, f"{minimum.path}: recipe")
        self.samples = error.target[0].size
        self.n_beta = setting.n_beta(self.samples)
        self.curvature = np.maximum(minimum["curvature"], 0) / (2 * setting.noise**2)
        stretch = (self.n_beta * self.curvature + setting.localisation) ** -0.5
        directions = np.ascontiguousarray((minimum["directions"] * stretch).T)
        self.localisation_weights = stretch**2
        self.data = (
            error.target,
            np.ascontiguousarray(minimum["values"]),
            minimum["free"],
            directions,
            np.ascontiguousarray(directions.T),
            error.edge,
            np.array([1 / (2 * setting.noise**2 * self.samples)]),
        )

    def problem(self, record: Mapping) -> Problem:
        """Return what is sampled, on the random stream of the fit that a record names."""
        key = (record[name] for name in ("image_name", "recipe_name", "n"))
        return Problem(
            loss_and_gradient=loss_and_gradient,
            parameters=np.zeros((len(self.localisation_weights), 1)),
            samples=self.samples,
            streams=[(record["seed"], "gaussians", "llc", *key)],
            shared=self.data,
            localisation_weights=self.localisation_weights,
        )

    def depth(self, last: np.ndarray, loss_at_w: float) -> float:
        """Return nβ (L - L(w*)) of the minimum that the state `last` [P] lies above.

        The localisation has no part in it.
        """
        gradient, loss = np.empty((len(last), 1)), np.empty(1)

        def rise(z: np.ndarray) -> tuple[float, np.ndarray]:
            loss_and_gradient(np.ascontiguousarray(z[:, None]), *self.data, gradient, loss)
            return self.n_beta * (loss[0] - loss_at_w), self.n_beta * gradient[:, 0]

        options = {"maxfun": RETURN_EVALUATIONS, "maxcor": 30, "ftol": 1e-12, "gtol": 1e-2}
        return optimize.minimize(rise, last, jac=True, method="L-BFGS-B", options=options).fun


def _row(minimum: Run, name: str, setting: GaussianEstimate) -> dict:
    posterior, record = _Posterior(minimum, setting), minimum.record
    chains = estimate.traces(posterior.problem(record), setting)
    row = {name: column.item() for name, column in estimate.summary(chains, setting).items()}
    row |= _prediction(minimum, posterior, setting)
    scale = 1 / (2 * setting.noise**2)
    row["fall"] = np.nan
    if row["status"] != DIVERGED:
        ends = chains.last[:, 0].T
        row["fall"] = max(-posterior.depth(end, row["loss_at_w"]) for end in ends)
        row |= _judged(row, setting)
    return row | {
        "image": record["image_name"],
        "recipe": record["recipe_name"],
        "n": record["n"],
        "seed": record["seed"],
        "setting": name,
        "noise": setting.noise,
        "localisation": setting.localisation,
        "n_beta": chains.n_beta,
        "trained": record["trained"],
        "parameters": len(minimum["free"]),
        "rmse": (record["loss"] / 3) ** 0.5,
        "rmse_of_fit": (record["loss_of_fit"] / 3) ** 0.5,
        "loss_of_fit": record["loss_of_fit"] * scale,
        "below_fit": chains.n_beta * (record["loss_of_fit"] - record["loss"]) * scale,
        "moved": record["moved"],
    }


def _prediction(minimum: Run, posterior: _Posterior, setting: GaussianEstimate) -> dict:
    """Return what the curvatures say of the dimension."""
    stiffness, values = posterior.n_beta * posterior.curvature, minimum["singular_values"]
    # A singular value s of the Jacobian gives the curvature s² / (σ² pixels).
    ridge = setting.localisation * setting.noise**2 * posterior.samples / posterior.n_beta
    here, tighter = (
        0.5 * np.sum(stiffness / (stiffness + factor * setting.localisation))
        for factor in (1, TIGHTER)
    )
    return {
        "predicted": here,
        "predicted_shift": tighter - here,
        "predicted_jacobian": 0.5 * effective_dimension(values, ridge),
        "effective_rank": effective_rank(values),
    }


def _judged(row: dict, setting: GaussianEstimate) -> dict:
    """Return status and reason, with what a chain's fall adds to them."""
    bound = setting.fall * row["predicted"]
    if row["fall"] <= bound:
        return {}
    is_minimum = row["gradient_norm"] <= setting.thresholds.gradient_norm
    reason = f"fall {row['fall']:.3g} above {bound:.3g}"
    return {
        "status": LEFT if is_minimum else row["status"],
        "reason": f"{row['reason']}; {reason}" if row["reason"] else reason,
    }
