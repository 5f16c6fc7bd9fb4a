"""Free energies from the chains of the estimator, beside exact ones."""

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from lgi.llc.engines import side_by_side
from lgi.llc.known.answers import coefficients
from lgi.llc.known.problems import CROSSING, QUADRATIC, KnownProblem, problems
from lgi.llc.known.theory import crossing_free_energy, gaussian_free_energy
from lgi.llc.settings import EstimateSettings, Likelihood

if TYPE_CHECKING:
    import pandas as pd

INTEGRATION, WBIC = "thermodynamic integration", "WBIC"
EXACT = {QUADRATIC: gaussian_free_energy, CROSSING: crossing_free_energy}
COLUMNS = ("problem", "shape", "n", "method", "sigma", "localisation")
COLUMNS += ("exact", "estimate", "se", "difference")


def free_energy(
    names: Sequence[str],
    setting: EstimateSettings,
    likelihood: Likelihood,
    n: Sequence[int],
    repeats: int,
    rungs: int,
) -> "pd.DataFrame":
    """Estimate free energies F(nβ) = -ln E[exp(-nβ (L - L(w*)))] under the prior N(w*, 1/γ).

    By thermodynamic integration, F(n) - F(1) = ∫ λ̂ d ln nβ (Gelman and Meng 1998): λ̂ at the nodes
    of a Gauss-Legendre rule in ln nβ, with γ as it is. By WBIC, λ̂ ln n with λ̂ at nβ = n / ln n
    (Watanabe 2013, "A widely applicable Bayesian information criterion"), which is F(n) up to a
    constant, ln ln n where the multiplicity is above one, and noise of the order √ln n of the data,
    of which these losses have none.

    Parameters
    ----------
    names, setting, likelihood, n, repeats
        As for `lgi.llc.known.answers.known_answers`; problems without a closed form are left out.
    rungs
        Nodes of the integration.

    Returns
    -------
    pandas.DataFrame
        A row for each problem, n and method; the columns `COLUMNS`. ``se`` is that of the spread
        over the repeats, ``difference`` the estimate less ``exact``.
    """
    import pandas as pd

    def rows(case: tuple[KnownProblem, int]) -> list[dict]:
        known, samples = case
        about = {
            "problem": known.name,
            "shape": known.shape,
            "n": samples,
            "sigma": likelihood.noise(1),
            "localisation": setting.localisation,
        }
        of_all = (known, setting, likelihood, samples, repeats)
        exact = [_exact(known, setting, likelihood, n_beta) for n_beta in (1, samples)]
        found = []
        for method, truth, repeated in (
            (INTEGRATION, exact[1] - exact[0], integral(*of_all, rungs)),
            (WBIC, exact[1], wbic(*of_all)),
        ):
            estimate, se = repeated.mean(), repeated.std(ddof=1) / np.sqrt(repeats)
            found.append(
                about
                | {"method": method, "exact": truth, "estimate": estimate, "se": se}
                | {"difference": estimate - truth}
            )
        return found

    chosen = problems([name for name in names if name in EXACT])
    cases = [(known, samples) for known in chosen for samples in n]
    return pd.DataFrame(chain(*side_by_side(rows, cases)), columns=COLUMNS)


def integral(
    known: KnownProblem,
    setting: EstimateSettings,
    likelihood: Likelihood,
    samples: int,
    repeats: int,
    rungs: int,
) -> np.ndarray:
    """Return F(n) - F(1) by thermodynamic integration [repeats]; takes what `free_energy` does."""
    n_betas, weights = ladder(samples, rungs)
    ladder_of = [
        setting.model_copy(update={"inverse_temperature": n_beta / samples}) for n_beta in n_betas
    ]
    total = np.zeros(repeats)
    for weight, found in zip(
        weights, coefficients(known, ladder_of, likelihood, samples, repeats), strict=True
    ):
        total += weight * found
    return total


def ladder(samples: int, rungs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nβ between 1 and n, and the weights of a sum over them that is ∫ d ln nβ.

    Parameters
    ----------
    samples
        n.
    rungs
        Nodes of the Gauss-Legendre rule.
    """
    nodes, weights = np.polynomial.legendre.leggauss(rungs)
    half = np.log(samples) / 2
    return np.exp(half * (1 + nodes)), half * weights


def wbic(
    known: KnownProblem,
    setting: EstimateSettings,
    likelihood: Likelihood,
    samples: int,
    repeats: int,
) -> np.ndarray:
    """Return λ̂ ln n [repeats], the WBIC less n L(w*); takes what `free_energy` does."""
    chosen = setting.model_copy(update={"inverse_temperature": "1/log n"})
    return coefficients(known, [chosen], likelihood, samples, repeats)[0] * np.log(samples)


def _exact(
    known: KnownProblem, setting: EstimateSettings, likelihood: Likelihood, n_beta: float
) -> float:
    scaled = n_beta * known.halves * likelihood.factor(1)
    return EXACT[known.name](known.data[0], scaled, setting.localisation)
