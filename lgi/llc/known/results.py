"""Results on the estimator beside learning coefficients that are known exactly."""

from lgi.catalogue import FIGURES, TABLES, Result

TABLE = TABLES + "llc_known_answers.csv"

RESULTS = (
    Result(
        rule="check_known_answers",
        output=TABLE,
        purpose="Estimate every problem whose learning coefficient is known, by HMC and SGLD.",
        labels={"table": "known answers"},
    ),
    Result(
        rule="plot_known_answers",
        output=FIGURES + "llc_known_answers.png",
        purpose="Draw estimate against truth, and each problem's relative error in its tolerance.",
        make="lgi.llc.known.figures:known_answers",
        inputs={"table": TABLE},
        labels={"figure": "known answers"},
        caption="Problems whose learning coefficient is known exactly. Left: estimate against "
        "truth. Right: relative error, with the tolerance as a grey bar. Error bars are two "
        "standard errors; hollow points are not ok.",
    ),
)
