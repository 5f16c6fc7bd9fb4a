"""The columns of the tables on known answers."""

from lgi.schema.column import count, number, table, text, truth
from lgi.schema.words import COMMON

NO_FORM = "there is no closed form"
WORDS = COMMON | {
    "problem": text("family of the problem"),
    "shape": text("which of the family"),
    "n": count("n: number of samples", low=1),
    "singular": truth("whether the minimum is singular"),
    "truth": number("λ as it is known", low=0),
    "source": text("where it is proved"),
    "estimate": number("λ̂, mean over the repeats").unless("a chain diverged"),
    "repeats": count("number of estimates", low=1),
    "spread": number("standard deviation of λ̂ over the repeats", low=0).unless("one repeat alone"),
    "se": number("standard error of the mean", low=0).unless("one repeat alone"),
    "llc_error": number("error stated for λ̂, mean over the repeats", low=0).unless(
        "a chain diverged"
    ),
    "localisation_shift": number(
        "by how much λ̂ moves where γ is 3 times as large, mean over the repeats"
    ).unless("a chain diverged"),
    "relative_error": number("λ̂ less the truth, as a share of the truth").unless(
        "a chain diverged"
    ),
    "at_this_scale": number("exact E[nβ (L - L(w*))] at this nβ and γ", low=0).unless(NO_FORM),
    "ok": count("repeats whose status is ok"),
    "outside": count("those of them further from the truth than 5 % and their stated error"),
    "status": text("the most frequent status", *COMMON["status"].among),
    "reason": text("reason of the first repeat with that status").unless("the status is ok"),
    "verdict": text("what becomes of the problem", "right", "wrong", "refused"),
}
TABLES = {
    "results/tables/llc_known_answers.csv": table(
        WORDS,
        "Problems whose learning coefficient is known, with estimate and truth",
        "problem shape singular n",
        "problem shape singular n n_beta sigma localisation truth source estimate repeats spread se"
        " llc_error localisation_shift relative_error at_this_scale ok outside status reason"
        " verdict",
    ),
    "results/tables/llc_free_energy.csv": table(
        WORDS,
        "Free energies that are known, with estimate and truth",
        "problem shape n method",
        "problem shape n method sigma localisation exact estimate se difference",
        {
            "method": text("by which method", "thermodynamic integration", "WBIC"),
            "exact": number("free energy as it is known", "nats"),
            "estimate": number("its estimate, mean over the repeats", "nats").unless(
                "a chain diverged"
            ),
            "difference": number("estimate less the exact value", "nats").unless(
                "a chain diverged"
            ),
        },
    ),
}
"""The columns of its tables, by the pattern of their path."""
