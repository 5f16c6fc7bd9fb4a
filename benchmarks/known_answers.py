"""Known answers by the library's default setting: `python -m benchmarks.known_answers`.

Prints Markdown. Every problem of `lgi.llc.known.problems` is a function in PyTorch, estimated by
`default_setting` of its w* at two scales: the squared error with noise σ = 0.1, as in the
workflow's own table (docs/llc_known_answers.md), and the loss as it is.
"""

import sys
from dataclasses import replace

import numpy as np
import torch

from lgi.llc.estimate import Traces, summary
from lgi.llc.known import losses
from lgi.llc.known.answers import MARGIN, verdict
from lgi.llc.known.problems import KnownProblem, problems
from lgi.llc.library import sample_function
from lgi.llc.library.defaults import default_setting
from lgi.llc.settings import squared_error_factor
from lgi.llc.status import OK

REPEATS = 16
SAMPLES = 1_000
SIGMA = 0.1
SCALES = {"σ = 0.1": squared_error_factor(SIGMA, 1), "as it is": None}


def main(names: list[str]) -> None:
    """Print a row for each problem, with its verdict at each scale."""
    print(
        "| problem | which | λ | γ "
        + "| estimate ± spread | error | verdict, ok, outside " * 2
        + "|"
    )
    print("|---" * 10 + "|")
    totals: dict[str, list] = {scale: [] for scale in SCALES}
    for known in problems():
        if names and known.name not in names:
            continue
        cells = []
        for scale, factor in SCALES.items():
            found = judged(known, 1.0 if factor is None else known.halves * factor)
            totals[scale].append(found)
            cells.append(
                f"{found['estimate']:.3g} ± {found['spread']:.2g} | {found['error']:.2g} "
                f"| {found['verdict']}, {found['ok']}, {found['outside']}"
            )
        smooth = known.loss == "linear_network" and not known.singular
        which = f"{known.shape}, smooth" if smooth else known.shape
        print(
            f"| {known.name} | {which} | {known.truth:.4g} | {found['localisation']:.3g} | "
            + " | ".join(cells)
            + " |",
            flush=True,
        )
    for scale, rows in totals.items():
        verdicts = [row["verdict"] for row in rows]
        counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("right", "refused", "wrong"))
        ok, outside = (sum(row[name] for row in rows) for name in ("ok", "outside"))
        print(f"\n{scale}: {counts}; {ok} of {REPEATS * len(rows)} ok, {outside} of these outside")


def judged(known: KnownProblem, factor: float) -> dict:
    """Return what becomes of a problem whose loss is multiplied by a factor."""
    columns, localisation = estimates(known, factor)
    found, error = columns["llc"], columns["llc_error"]
    ok = columns["status"] == OK
    off = np.abs(found - known.truth) > np.maximum(MARGIN * known.truth, error)
    return {
        "estimate": found.mean(),
        "spread": found.std(ddof=1),
        "error": error.mean(),
        "verdict": verdict(found.mean(), known.truth, error.mean(), ok.mean()),
        "ok": int(ok.sum()),
        "outside": int((ok & off).sum()),
        "localisation": localisation,
        "reason": columns["reason"][~ok],
    }


def estimates(known: KnownProblem, factor: float) -> tuple[dict[str, np.ndarray], float]:
    """Return the columns [repeats] of independent estimates, and γ.

    Chains of all repeats are run at once, as many chains of one estimate, and then taken four by
    four: a chain adapts its own step and does not depend on the others.
    """
    data = [torch.as_tensor(array) for array in known.data]
    parameters = torch.as_tensor(known.parameters)
    setting = default_setting(parameters)
    chains = setting.chains
    draws = sample_function(
        lambda w: factor * getattr(losses, known.loss)(w, *data),
        parameters,
        (),
        setting.model_copy(update={"chains": chains * REPEATS}),
        samples=SAMPLES,
        stream=(0, "known", known.name, known.shape, "singular" if known.singular else "smooth"),
        progress=False,
    )
    split = _by_repeat(draws.traces, chains)
    return summary(split, setting), setting.localisation


def _by_repeat(traces: Traces, chains: int) -> Traces:
    """Return the traces of one model with many chains as those of many with few."""
    of_draws = {
        name: getattr(traces, name).reshape(REPEATS, chains, -1) for name in ("loss", "pull")
    }
    of_models = {
        name: np.repeat(getattr(traces, name), REPEATS)
        for name in ("acceptance", "loss_at_w", "gradient_norm", "length")
    }
    return replace(traces, **of_draws, **of_models)


if __name__ == "__main__":
    main(sys.argv[1:])
