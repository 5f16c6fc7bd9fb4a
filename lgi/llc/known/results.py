"""Results on the estimator beside learning coefficients that are known exactly."""

from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result

TABLE = TABLES + "llc_known_answers.csv"
FREE_ENERGY = TABLES + "llc_free_energy.csv"


def settings(config: Any) -> dict:
    """Return what the tables are made with: the problems, and the setting that study 2 draws."""
    llc = config.superposition.llc
    setting = llc.settings[llc.drawn]
    return {
        "names": config.llc.known_answers,
        "setting": setting,
        "likelihood": setting.likelihood,
        "n": config.llc.n,
        "repeats": config.llc.repeats,
    }


RESULTS = (
    Result(
        rule="check_known_answers",
        output={"answers": TABLE, "free_energy": FREE_ENERGY},
        purpose="Estimate every problem whose learning coefficient is known, with one setting.",
        labels={"what": "known answers and free energies"},
        on_card=True,
    ),
    Result(
        rule="plot_known_answers",
        output=FIGURES + "llc_known_answers.png",
        purpose="Draw estimate against truth, and each problem's relative error by verdict.",
        make="lgi.llc.known.figures:known_answers",
        inputs={"table": TABLE},
        labels={"what": "known answers"},
        caption="Problems whose learning coefficient is known exactly, estimated with the one "
        "setting that study 2 draws, at n = 1,000 and 100. Left: estimate against truth. Right: "
        "relative error, with what is allowed (5 % or the stated error) as a grey bar. Error bars "
        "are the standard deviation over repeats; hollow points are refused by their status, "
        "crosses are wrong.",
    ),
)
