"""The columns of the study's tables."""

from lgi.schema.column import count, number, table
from lgi.schema.words import CLAIMS_TABLE, COMMON, SUMMARY_TABLE

WORDS = COMMON | {
    "rank": count("rank of the inputs; half of it is the truth", low=1),
    "epoch": count("epoch of the training"),
    "loss": number("-log of the likelihood per sample", low=0).unless("training diverged"),
}
_COLUMNS = "rank seed epoch loss llc llc_se rhat ess status reason"

TABLES = {
    "results/llc/regression/rank{rank}.csv": table(
        WORDS, "The estimates of one rank", "rank seed epoch", _COLUMNS
    ),
    "results/tables/regression_llc.csv": table(
        WORDS, "The LLC of every regression along training", "rank seed epoch", _COLUMNS
    ),
    "results/tables/regression_claims.csv": CLAIMS_TABLE,
    "results/tables/regression_claims_summary.csv": SUMMARY_TABLE,
}
"""The columns of its tables, by the pattern of their path."""
