"""Columns that occur in tables of several studies: claims, and estimates of the LLC."""

from lgi.claims import (
    CONTRADICTED,
    NOT_APPLICABLE,
    NOT_SUPPORTED,
    ORIGINAL,
    OURS,
    SUPPORTED,
    UNDECIDED,
    WITHIN,
)
from lgi.findings import COLUMNS
from lgi.llc.status import (
    BIASED_STEP,
    DIVERGED,
    NOT_A_MINIMUM,
    NOT_CONVERGED,
    NOT_LOCAL,
    OK,
)
from lgi.schema.column import NO_INTERVAL, Column, count, number, share, table, text

VERDICT = text(
    "what the interval says of the claim",
    *(SUPPORTED, NOT_SUPPORTED, CONTRADICTED, WITHIN, UNDECIDED, NOT_APPLICABLE),
)
STATUS = text(
    "quality of an estimate: ok, or the first reason why it is no coefficient",
    *(OK, NOT_A_MINIMUM, NOT_LOCAL, BIASED_STEP, NOT_CONVERGED, DIVERGED),
)
CHAIN_LOST = "a draw is not finite (status diverged)"
SEED = Column("number from which the random streams of a run begin", "whole number", low=0)

COMMON: dict[str, Column] = {
    "seed": SEED,
    "seeds": count("number of seeds: independent values behind the row"),
    "low": number("lower end of the interval of the value").unless(NO_INTERVAL),
    "high": number("upper end of the interval of the value").unless(NO_INTERVAL),
    "setting": text("setting of the estimator, as the configuration names it"),
    "sigma": number("σ of the likelihood: noise of an output", low=0),
    "n_beta": number("nβ: by how much the loss per sample is multiplied in the exponent", low=0),
    "localisation": number("γ: strength of the pull of the chains to w*", low=0),
    "llc": number("λ̂: estimate of the local learning coefficient").unless(CHAIN_LOST),
    "llc_se": number(
        "standard error of λ̂ as an expectation, with autocorrelation and disagreeing chains", low=0
    ).unless(CHAIN_LOST),
    "llc_error": number("error stated for λ̂ as a coefficient", low=0).unless(
        CHAIN_LOST + ", or the shift is not known"
    ),
    "localisation_shift": number("by how much λ̂ moves where γ is 3 times as large").unless(
        CHAIN_LOST + ", or the shift is not known"
    ),
    "localisation_shift_se": number("standard error of that shift", low=0).unless(
        CHAIN_LOST + ", or the shift is not known"
    ),
    "shift": number(
        "shift of λ̂ with γ as a share of λ̂, 0 where it is within its error", low=0
    ).unless(CHAIN_LOST),
    "loss_at_w": number("L(w*): loss at the minimum around which chains run"),
    "mean_loss": number("E[L]: mean loss of the draws").unless(CHAIN_LOST),
    "distance": number("root mean square distance of the draws from w*", low=0).unless(CHAIN_LOST),
    "free": number(
        "mean square distance of the draws from w*, as a share of what it is without a loss", low=0
    ).unless(CHAIN_LOST),
    "strayed": number(
        "mean square distance of the draws from w*, as a share of |w*|²; 0 where w* is 0", low=0
    ).unless(CHAIN_LOST),
    "share_below": share("share of the draws whose loss is below L(w*)").unless(CHAIN_LOST),
    "fall": number("how far the lowest draw lies below w*, in units of nβ L", low=0).unless(
        CHAIN_LOST
    ),
    "gradient_norm": number("norm of the gradient of the loss at w*", low=0).unless(
        "the gradient is not finite"
    ),
    "acceptance": share("mean probability with which a Metropolis test accepts a step").unless(
        CHAIN_LOST
    ),
    "rhat": number("R̂ of the draws of the loss: 1 where chains agree", low=0).unless(
        CHAIN_LOST + ", or the draws do not vary"
    ),
    "ess": number("bulk effective sample size of the draws of the loss", "draws", low=0).unless(
        CHAIN_LOST + ", or the draws do not vary"
    ),
    "status": STATUS,
    "reason": text("what the status rests on: diagnostics beyond their thresholds").unless(
        "the status is ok"
    ),
}
"""What columns hold in every table where nothing else is said."""

CLAIMS: dict[str, Column] = {
    "id": text("name by which texts look the claim up", pattern=r"[\w.]+"),
    "claim": text("the statement"),
    "source": text("whose statement it is", ORIGINAL, OURS),
    "measure": text("what the statistic is"),
    "part": text("of what the row speaks: one N, one image, ...; `together` is the whole claim"),
    "statistic": number("value of the measure").unless("no value: there are no such runs"),
    "value": number("value of the measure for the whole claim").unless(
        "the claim rests on its parts alone, or there are no such runs"
    ),
    "low": number("lower end of the interval of the statistic").unless(NO_INTERVAL),
    "high": number("upper end of the interval of the statistic").unless(NO_INTERVAL),
    "p": number("p-value, corrected for the number of parts (Holm)", low=0, high=1).unless(
        "no test was made"
    ),
    "n": count("independent values behind the statistic: seeds, models or estimates"),
    "n_least": count("least number of independent values behind a part, or behind the whole"),
    "n_most": count("greatest number of independent values behind a part, or behind the whole"),
    "value_least": number("least statistic of a part, or that of the whole").unless(
        "no part has a value"
    ),
    "value_most": number("greatest statistic of a part, or that of the whole").unless(
        "no part has a value"
    ),
    "parts": count("number of parts that apply and have a value"),
    "rests_on": text("names of these parts").unless("there is none"),
    "verdict": VERDICT,
    "reason": text("why there is no interval, or why the claim does not apply").unless(
        "nothing is amiss"
    ),
    "sentence": text("what a text may say of the claim, by its verdict").unless(
        "a part, or not applicable"
    ),
}
"""Columns of a table of claims."""

CLAIM_COLUMNS = "id claim source measure part statistic low high p n verdict reason sentence"
CLAIMS_TABLE = table(
    CLAIMS,
    "Every claim with its verdict: the claim as a whole and each of its parts",
    "id part",
    CLAIM_COLUMNS,
)
SUMMARY_COLUMNS = (
    "id claim source verdict value low high n n_least n_most value_least value_most measure parts"
    " rests_on"
)
SUMMARY_TABLE = table(
    CLAIMS,
    "Every claim as a whole, a row each",
    "id",
    f"{SUMMARY_COLUMNS} reason sentence",
)

FINDINGS_TABLE = table(
    {},
    "What the study found, a few findings, most important first",
    "id",
    COLUMNS,
    {
        "id": text("name by which a page looks the finding up", pattern=r"\w+"),
        "headline": text("the finding in a line"),
        "text": text("what was found, and what it means or rests on"),
        "measure": text("what the value is, with its unit"),
        "value": number("the number of the finding").unless("it has none"),
        "low": number("lower end of the interval of the value").unless(NO_INTERVAL),
        "high": number("upper end of the interval of the value").unless(NO_INTERVAL),
        "n": count("independent values behind the number"),
        "unit": text("what n counts"),
        "figure": text("picture that shows it, below `results/`"),
        "alt": text("what that picture shows, in words"),
        "table": text("table that holds the number, below `results/`"),
        "claim": text("claim whose verdict the headline states").unless("it states none"),
    },
)
