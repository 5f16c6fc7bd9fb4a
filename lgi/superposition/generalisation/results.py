"""Results on training loss against the loss on other data."""

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.superposition.training.results import run_files

RESULTS = (
    Result(
        rule="superposition_gap",
        output={
            "gap": TABLES + "superposition_gap.csv",
            "epochs": TABLES + "superposition_epochs.csv",
        },
        purpose="Tabulate and draw the gap between training loss and the loss on other data.",
        make="lgi.superposition.generalisation.table:tables",
        draw={FIGURES + "superposition_gap.png": "lgi.superposition.generalisation.figures:gap"},
        inputs=lambda config, wildcards: {"runs": run_files(config)},
        settings=lambda config, wildcards: {
            "settings": config.superposition.generalisation,
            "names": config.superposition.names,
        },
        labels={"what": "train against test, and longer training"},
        caption="How much of the fit to the training data is lost on other data, and whether "
        "longer training helps there. Above: how far the population loss lies above the training "
        "loss, in units of 1 - S, median over seeds with its interval. Below: share of models "
        "whose population loss is lower (solid) and higher (dashed) at the last epoch than at the "
        "first of those compared.",
    ),
)
