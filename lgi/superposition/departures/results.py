"""Results on which models leave the polygon in which they begin."""

from lgi.catalogue import FIGURES, TABLES, Result, once
from lgi.superposition.geometry.results import in_a_plane
from lgi.superposition.training.results import run_files

RESULTS = (
    Result(
        rule="superposition_departures",
        output={
            "departures": TABLES + "superposition_departures.csv",
            "destinations": TABLES + "superposition_destinations.csv",
        },
        purpose="Tabulate and draw which models leave their first polygon, when, and for which.",
        make="lgi.superposition.departures.table:tables",
        draw={
            FIGURES + "superposition_departures.png": (
                "lgi.superposition.departures.figures:departures"
            )
        },
        inputs=lambda config, wildcards: {"runs": run_files(config)},
        settings=lambda config, wildcards: {
            "settings": config.superposition.departures,
            "names": config.superposition.names,
        },
        wanted=in_a_plane(once),
        labels={"what": "who leaves its polygon, when, and for which"},
        caption="From which starts and at which sparsities models leave their first polygon for "
        "good: their share, by the polygon in which they end, a row per start, a column per number "
        "of training samples; over a bar stands the median epoch at which they leave.",
    ),
)
