"""The columns of every table of study 2."""

from lgi.display import LOSSES
from lgi.schema.column import (
    NO_INTERVAL,
    TEXT,
    WHOLE,
    Column,
    count,
    number,
    share,
    table,
    text,
    truth,
)
from lgi.schema.words import (
    CHAIN_LOST,
    CLAIM_COLUMNS,
    CLAIMS,
    COMMON,
    FINDINGS_TABLE,
    STATUS,
    SUMMARY_COLUMNS,
)
from lgi.superposition.selection import sparsity_name
from lgi.superposition.training.view import GAPS

LOST = "the model diverged"
NONE_LEFT = "no model leaves"
NONE_DROPPED = "no model drops"
KGON = text(
    "polygon that the feature vectors span: number of corners, `5+` with a positive bias inside, "
    "`degenerate` without area",
    pattern=r"\d+\+?|degenerate|diverged|undefined",
)

WORDS = COMMON | {
    "init": text("start of the training, as the configuration names it"),
    "samples": count("number of training samples", low=1),
    "sparsity": share("exact S: probability with which a feature is not active"),
    "S": Column(
        "the same as it is printed: four decimals",
        TEXT,
        pattern=r"[01](\.\d{1,4})?",
        follows=("sparsity", sparsity_name),
    ),
    "epoch": count("epoch of the training"),
    "loss": text("which loss", *LOSSES),
    "train_loss": number("loss on the training data, mean over samples and features", low=0).unless(
        LOST
    ),
    "test_loss": number("loss on test data, mean over samples and features", low=0).unless(LOST),
    "population_loss": number("expected loss, mean over features", low=0).unless(
        f"{LOST}, or the data are not discrete"
    ),
    "kgon": KGON,
    "models": count("number of models"),
    "panel": text("picture of the original study"),
    "hessian_llc": number("coefficient of a quadratic loss with the Hessian at w*", low=0).unless(
        "the Hessian is not finite"
    ),
    "directions": count("number of the Hessian's eigenvalues h with nβ h above γ"),
    "state_loss": number("loss of the state itself", low=0).unless(LOST),
    "loss_at_w": number("L(w*): loss at the minimum around which chains run", low=0).unless(LOST),
    "moved": number("distance of w* from the state as a share of |w*|", low=0).unless(LOST),
    "curvature": number("least eigenvalue of the Hessian of the loss").unless(LOST),
    "curvature_max": number("largest eigenvalue of the Hessian of the loss").unless(LOST),
    "of_trivial": number("E[L] over the loss of a model that always answers 0", low=0).unless(
        CHAIN_LOST
    ),
    "lowest_loss": number("loss of the minimum below the lowest draw", low=0).unless(
        "the setting does not look for it"
    ),
    "lowest_kgon": Column("polygon of that minimum", KGON.kind, pattern=KGON.pattern).unless(
        "the setting does not look for it"
    ),
    "noise": number("σ of the likelihood", low=0),
    "prior": number("standard deviation of the prior", low=0),
}
RUN = "init samples sparsity"
_RUN = f"{RUN} S"
MODEL = f"{RUN} seed epoch"
_SCALE = "sigma n_beta localisation"
_REST = (
    "llc llc_se llc_error localisation_shift localisation_shift_se hessian_llc directions {scale}"
    "state_loss loss_at_w moved curvature curvature_max mean_loss of_trivial distance free strayed"
    " shift share_below fall gradient_norm acceptance rhat ess kgon lowest_loss lowest_kgon status"
    " reason"
)
_ESTIMATE = _REST.format(scale=f"{_SCALE} ")


def _estimates(about: str):
    return table(WORDS, about, f"setting {MODEL}", f"{_RUN} setting seed epoch {_ESTIMATE}")


_SHARES_OF_STATUS = {
    "status": STATUS,
    "share": share("share of the estimates that have it"),
}


def _status(about: str):
    return table(
        WORDS,
        about,
        f"setting {RUN} epoch status",
        f"setting {_SCALE} {_RUN} epoch status share seeds",
        _SHARES_OF_STATUS,
    )


_STARTS = {
    "mean_loss": number("final training loss, mean over seeds", low=0),
    "mean_low": number("lower end of its 95 % interval (Student's t)").unless(NO_INTERVAL),
    "mean_high": number("upper end of its 95 % interval (Student's t)").unless(NO_INTERVAL),
    "best_loss": number("lowest final training loss of all seeds", low=0),
    "mean_ratio": number("mean loss of the four-gon start over that of this one", low=0).unless(
        "this is the four-gon start, or there is none, or the loss is 0"
    ),
    "best_ratio": number("the same of the best losses", low=0).unless(
        "this is the four-gon start, or there is none, or the loss is 0"
    ),
}
_ALSO = {
    "samples": count("number of training samples of which it is asked", low=1).unless(
        "models of different numbers are compared"
    ),
    "loss": text("which loss it is asked of", *LOSSES).unless("no loss enters"),
    "states": text("of all states, or of those whose estimate is ok", "all", "ok"),
    "setting": text("setting of the estimates").unless("no estimate enters"),
    "differs": truth("whether the verdict changes with the states"),
    "differs_by_samples": truth("whether it changes with the number of samples"),
    "differs_by_loss": truth("whether it changes with the loss"),
    "differs_by_setting": truth("whether it changes with the setting"),
    "margin": number("what is smaller is no effect to speak of", low=0).unless(
        "a part: the row of the whole has it"
    ),
    "flips": text("the nearest margins at which the verdict changes, and to what").unless(
        "a part, or the verdict is the same at every margin"
    ),
    "shown": truth("whether the summary shows this choice"),
    "changes_with": text("which other choice, one at a time, leads to which other verdict").unless(
        "none does"
    ),
}
_ALSO_COLUMNS = "samples loss states setting"
_DEPARTURES = {
    "housed": count("models that begin in a polygon that holds"),
    "home": Column("the most frequent first polygon", KGON.kind, pattern=KGON.pattern).unless(
        "no model has one"
    ),
    "left": share("share of the housed models that leave theirs for good").unless(
        "no model is housed"
    ),
    "left_n": count("how many these are"),
    "left_epoch": number("epoch at which they leave, median", low=0).unless(NONE_LEFT),
    "left_epoch_q25": number("its lower quartile", low=0).unless(NONE_LEFT),
    "left_epoch_q75": number("its upper quartile", low=0).unless(NONE_LEFT),
    "destination": Column(
        "the polygon for which most of them leave", KGON.kind, pattern=KGON.pattern
    ).unless(NONE_LEFT),
    "destination_share": share("share of those that leave for it").unless(NONE_LEFT),
    "gain": number("by how much their loss falls, in units of 1 - S, median").unless(NONE_LEFT),
    "gained": share("share of them whose gain is above the margin").unless(NONE_LEFT),
    "dropped": share("share of all models whose loss drops after a plateau").unless(
        "there is no model"
    ),
    "drop_epoch": number("first snapshot after the first plateau, median", low=0).unless(
        NONE_DROPPED
    ),
    "drops": number("number of drops, mean over models", low=0).unless("there is no model"),
    "fall": number("sum of all drops in units of 1 - S, median", low=0).unless(NONE_DROPPED),
}
_FEW = "too few seeds with both values, or they do not vary"
_CALIBRATION = {
    "varied": text(
        "what is varied",
        *("reference", "step_size", "localisation", "n_beta", "n", "draws"),
    ),
    "value": number(
        "its value; of draws, how many times as long the chains are as the setting's own", low=0
    ).unless("the reference as it is"),
    "sampler": text("sampler of the chains"),
    "bias": number("λ̂ minus that of the reference").unless(
        "the posterior is not that of the reference, or a chain diverged"
    ),
    "bias_se": number("standard error of the bias", low=0).unless(
        "the reference itself, or there is no bias"
    ),
}
_RESOLUTION = {
    "factor": number("by how much nβ and γ are multiplied", low=0),
    "stable": truth("whether λ̂ is ok and stays what it is over a decade in both directions"),
}
_LOCALITY = {
    "pairs": count("pairs of models on the same data whose w* are distinct"),
    "far": count("pairs whose minima lie far apart in nβ L"),
    "far_seeds": count("number of seeds with such a pair"),
    "agree": share("share of them whose chains have the same E[L], mean over seeds").unless(
        "no pair is far apart"
    ),
    "far_ok": count("far pairs of two estimates that are ok"),
    "agree_ok": share("share of those whose chains have the same E[L]").unless(
        "there is no such pair"
    ),
    "share_explained": number(
        "share of the variance of λ̂ on the same data that is that of -nβ L(w*)", high=1
    ).unless("λ̂ does not vary"),
}
_STABILITY = {
    "kgon": Column("polygon of w*", KGON.kind, pattern=KGON.pattern),
    "states": count("states on it with a finite fall"),
    "fell": share("share of them whose lowest draw falls deeper than the setting allows"),
    "left": share("share of them below whose lowest draw lies another polygon"),
    "to": Column("the polygon to which most of those went", KGON.kind, pattern=KGON.pattern).unless(
        "none left"
    ),
    "to_share": share("share of those that went to it").unless("none left"),
}
_PHASES = {
    "data": text("kind of the data"),
    "loss": number(
        "lowest population loss of a minimum of this polygon, mean over features", low=0
    ),
    "scaled_loss": number("the same over that of a model that always answers 0", low=0),
    "scaled_constant": number("scaled loss of the best constant answer (W = 0)", low=0),
    "lowest": truth("whether no other polygon is lower"),
    "minimum": truth("whether the smallest curvature is not negative"),
    "smallest_curvature": number("least curvature of the scaled loss, without the rotation"),
    "flat": count("curvatures nearer to 0 than 1e-6"),
    "starts": count("descents that end in this polygon"),
    "reached": count("those of this loss"),
    "trained": count("trained models from which a descent ends in it"),
    "live": count("features that are not dead"),
    "mean_dimensionality": number("mean dimensionality of all features", low=0),
    "live_dimensionality": number("mean dimensionality of the live features", low=0).unless(
        "no feature is live"
    ),
    "least_dimensionality": number("least of them", low=0).unless("no feature is live"),
    "greatest_dimensionality": number("greatest of them", low=0).unless("no feature is live"),
}
_UNIT = "population loss over that of a model that always answers 0"
_PUBLISHED = {
    "quantity": text("what is compared", "loss", "llc"),
    "visible_points": number("points that the picture shows, mean count", low=0),
    **{
        f"{whose}_{name}": number(f"{meaning} of the {whose} values")
        for whose in ("published", "ours")
        for name, meaning in (
            ("q10", "10 % quantile"),
            ("median", "median"),
            ("q90", "90 % quantile"),
        )
    },
    "difference": number("our median less the published one"),
    "standard_error": number("standard error of the difference", low=0),
    "z": number("difference in standard errors").unless("the values do not vary"),
    "agrees": truth("whether it is at most two standard errors"),
    "cells": count("cells of the same panel, epoch and quantity"),
    "agreeing": count("how many of them agree"),
    "expected": number("how many would if all differences were chance", low=0),
}
_LIMIT_KGON = Column("polygon of one active feature", KGON.kind, pattern=KGON.pattern)
_WEIGHTS = {
    "kgon": _LIMIT_KGON,
    "samples": count("n: number of samples of the posterior", low=1),
    "share": share("weight of the polygon in the posterior, by sampling"),
    "log_z_sampled": number("ln of its evidence, by sampling").unless("no draw lies in it"),
    "log_z_integrated": number("ln of its evidence, by thermodynamic integration").unless(
        "no chain stayed in the basin"
    ),
    "log_z_laplace": number("ln of its evidence, by Laplace's method"),
    "asymptotic": number("-(n L + λ ln n)"),
}
_NEVER = "it has that at every n or at none"
_TRANSITIONS = {
    "method": text(
        "by which method",
        *("sampling", "thermodynamic integration", "Laplace", "n L + λ ln n"),
    ),
    "n": number("n at which the 6-gon gets the weight of the 5-gon", "samples", low=0).unless(
        _NEVER
    ),
    "n_both": number(
        "n at which the 6-gon gets the weight of 5-gon and 5+-gon", "samples", low=0
    ).unless(_NEVER),
}
_OF_CHANGE = "relative change improved worsened"
_CHANGES = {
    "first_epoch": count("earlier epoch"),
    "last_epoch": count("later epoch"),
    "relative": number("change of the loss as a share of the first, median over seeds").unless(
        "the first loss is 0"
    ),
    "change": number("change of the loss in units of 1 - S, median over seeds"),
    "improved": share("share of the models whose loss falls by more than the margin"),
    "worsened": share("share of the models whose loss rises by more than the margin"),
}

_LLC_AND_LOSS = f"{_RUN} seed epoch train_loss {_SCALE} llc status"

TABLES = {
    "results/tables/superposition.csv": table(
        WORDS,
        "Every model at every snapshot",
        MODEL,
        f"{_RUN} seed epoch {' '.join(LOSSES)} kgon mean_dimensionality dimensions_per_feature"
        " features_represented diverged_epoch",
        {
            "mean_dimensionality": number("dimensionality of a feature, mean", low=0).unless(LOST),
            "dimensions_per_feature": number("hidden dimensions over ‖W‖²", low=0).unless(
                f"{LOST}, or W is 0"
            ),
            "features_represented": count("features with |W_i|² nearer to 1 than to 0"),
            "diverged_epoch": count("first epoch with parameters that are not finite").unless(
                "the model stays finite"
            ),
        },
    ),
    "results/tables/superposition_starts.csv": table(
        WORDS,
        "Starts compared by their final loss",
        RUN,
        f"{_RUN} mean_loss mean_low mean_high best_loss seeds",
        _STARTS,
    ),
    "results/tables/kgon4_vs_kgon6{variant}.csv": table(
        WORDS,
        "Four-gon and six-gon starts compared by their final loss",
        RUN,
        f"{_RUN} mean_loss mean_low mean_high best_loss seeds mean_ratio best_ratio",
        _STARTS,
    ),
    "results/tables/loss_over_training{variant}.csv": table(
        WORDS,
        "Quartiles of the losses along training",
        f"loss {RUN} epoch",
        f"loss {_RUN} epoch median low high least most seeds",
        {
            "loss": text(
                "which loss; a gap is how far it lies above the training loss, in units of 1 - S",
                *LOSSES,
                *GAPS,
            ),
            "median": number("median over seeds"),
            "low": number("lower quartile"),
            "high": number("upper quartile"),
            "least": number("least of all seeds"),
            "most": number("greatest of all seeds"),
        },
    ),
    "results/tables/kgons_over_training{variant}.csv": table(
        WORDS,
        "Share of each polygon along training",
        f"{RUN} epoch kgon",
        f"{_RUN} epoch kgon share",
        {"share": share("share of the models that have it")},
    ),
    "results/tables/dimensionality_vs_sparsity{variant}.csv": table(
        WORDS,
        "Every feature of every model at the end of training",
        f"{RUN} seed feature",
        f"{_RUN} seed feature inverse_density norm bias dimensionality represented"
        " median_represented",
        {
            "feature": count("place of the feature, from 0"),
            "inverse_density": number("1 / (1 - S)", low=1),
            "norm": number("|W_i|: length of its vector", low=0),
            "bias": number("its bias"),
            "dimensionality": number("D_i: its share of the hidden dimensions", low=0).unless(
                "its vector is 0"
            ),
            "represented": truth("whether |W_i|² is nearer to 1 than to 0"),
            "median_represented": number(
                "median dimensionality of the represented features of the run", low=0
            ).unless("no feature is represented"),
        },
    ),
    "results/tables/superposition_gap.csv": table(
        WORDS,
        "How far the loss on other data lies above that on the training data",
        f"{RUN} epoch loss",
        f"{_RUN} epoch loss median low high seeds",
        {
            "median": number("loss less training loss in units of 1 - S, median over seeds"),
            "low": number("lower end of the interval of the median").unless(NO_INTERVAL),
            "high": number("upper end of the interval of the median").unless(NO_INTERVAL),
        },
    ),
    "results/tables/superposition_epochs.csv": table(
        WORDS,
        "How the losses change from one late epoch to the last",
        f"{RUN} loss",
        f"{_RUN} first_epoch last_epoch loss "
        + " ".join(f"{name}{end}" for name in _OF_CHANGE.split() for end in ("", "_low", "_high"))
        + " seeds",
        _CHANGES,
    ),
    "results/tables/superposition_departures.csv": table(
        WORDS,
        "Which models leave their first polygon, when, and for which",
        RUN,
        f"{_RUN} models housed home left left_low left_high left_n left_epoch left_epoch_q25"
        " left_epoch_q75 destination destination_share gain gained dropped dropped_low dropped_high"
        " drop_epoch drops fall",
        _DEPARTURES,
    ),
    "results/tables/superposition_destinations.csv": table(
        WORDS,
        "How many models go from which polygon to which",
        f"{RUN} home destination",
        f"{_RUN} home destination models share left_epoch gain",
        {
            "home": Column("first polygon that holds", KGON.kind, pattern=KGON.pattern),
            "destination": Column(
                "polygon at the end; `stays` where a model does not leave",
                KGON.kind,
                pattern=f"{KGON.pattern}|stays",
            ),
            "share": share("share of the models of this run that have a home"),
            "left_epoch": number("epoch at which they leave, median", low=0).unless("they stay"),
            "gain": number("by how much their loss falls in units of 1 - S, median").unless(
                "they stay"
            ),
        },
    ),
    "results/tables/superposition_phases.csv": table(
        WORDS,
        "The polygons that are minima of the population loss, by sparsity",
        "data sparsity kgon",
        f"data sparsity S kgon {' '.join(name for name in _PHASES if name != 'data')}",
        _PHASES,
    ),
    "results/tables/superposition_phases_trained.csv": table(
        WORDS,
        "The polygons in which trained models end, by sparsity",
        f"{RUN} kgon",
        f"{_RUN} kgon models median best moved",
        {
            "median": number(f"{_UNIT}, median over models", low=0),
            "best": number(f"{_UNIT}, lowest of the models", low=0),
            "moved": share("share of the models that a descent takes to another polygon"),
        },
    ),
    "results/tables/superposition_limit.csv": table(
        WORDS,
        "The minima at which training on one active feature ends",
        "init samples kgon plateau",
        "init samples plateau kgon models median_loss same_kgon share",
        {
            "plateau": number("loss of the minimum, summed over features, four decimals", low=0),
            "median_loss": number("population loss at the end of training, median", low=0),
            "same_kgon": share("share of the models whose polygon a descent does not change"),
            "share": share("share of the models of the run"),
        },
    ),
    "results/tables/superposition_limit_llc.csv": table(
        WORDS,
        "The coefficient at the exact minima of one active feature",
        "kgon samples",
        "kgon samples truth llc llc_se noise n_beta localisation loss loss_at_w gradient_norm"
        " acceptance mean_loss share_below rhat ess fall distance free strayed localisation_shift"
        " localisation_shift_se shift llc_error status reason",
        {
            "kgon": _LIMIT_KGON,
            "truth": number("λ as it is known (Chen et al. 2023)", low=0),
            "loss": number("loss of the minimum, summed over features", low=0),
        },
    ),
    "results/tables/superposition_limit_weights.csv": table(
        WORDS,
        "The weight of the polygons in the posterior of n samples",
        "samples kgon",
        "samples kgon share share_se log_z_sampled log_z_sampled_se log_z_integrated"
        " log_z_integrated_se log_z_laplace asymptotic noise prior",
        _WEIGHTS,
    ),
    "results/tables/superposition_limit_transitions.csv": table(
        WORDS,
        "At which n the posterior moves from one polygon to the next",
        "method",
        "method n n_se n_both n_both_se noise prior",
        _TRANSITIONS,
    ),
    "results/llc/superposition/{setting}/{init}/samples{samples}/sparsity{sparsity}.csv": table(
        WORDS,
        "The estimates of one run file with one setting",
        MODEL,
        f"{_RUN} seed epoch {_ESTIMATE}",
    ),
    "results/tables/superposition_llc.csv": _estimates("Every estimate of the LLC"),
    "results/tables/llc_over_training{variant}.csv": _estimates("The estimates that are drawn"),
    "results/tables/llc_settings{variant}.csv": _estimates(
        "The estimates with every setting, for one number of samples"
    ),
    "results/tables/llc_status{variant}.csv": _status("Share of each status along training"),
    "results/tables/superposition_llc_status.csv": _status(
        "Share of each status, for every setting and run"
    ),
    "results/tables/llc_and_loss_epoch_{epoch}{variant}.csv": table(
        WORDS, "Loss and LLC of every model at one epoch", MODEL, _LLC_AND_LOSS
    ),
    "results/tables/loss_vs_llc_epoch_{published_epoch}.csv": table(
        WORDS,
        "Loss and LLC at an epoch of the original's pictures",
        f"panel {MODEL}",
        f"panel {_RUN} seed epoch train_loss llc status",
    ),
    "results/tables/superposition_llc_correlation.csv": table(
        WORDS,
        "How loss and LLC go together over the seeds of a run",
        f"setting {RUN} epoch",
        "setting init samples epoch sparsity S seeds pearson pearson_low pearson_high spearman"
        " spearman_low spearman_high reason",
        {
            "seeds": count("seeds with both values"),
            "pearson": number("Pearson correlation", low=-1, high=1).unless(_FEW),
            "spearman": number("Spearman correlation", low=-1, high=1).unless(_FEW),
            "reason": text("why there is no correlation").unless("there is one"),
        },
    ),
    "results/tables/superposition_llc_calibration.csv": table(
        WORDS,
        "The estimates of a few models while one value of the setting varies",
        f"{MODEL} setting varied value",
        f"{_RUN} seed epoch varied value setting sampler localisation n_beta llc llc_se llc_error"
        f" localisation_shift localisation_shift_se hessian_llc directions sigma"
        f" {_REST.partition('{scale}')[2]} bias bias_se",
        _CALIBRATION,
    ),
    "results/tables/superposition_llc_resolution.csv": table(
        WORDS,
        "The estimates of a few models at larger and smaller scales",
        f"{MODEL} setting factor",
        f"{_RUN} seed epoch setting kgon factor {_SCALE} llc llc_se llc_error hessian_llc loss_at_w"
        " mean_loss distance fall ess rhat status reason stable",
        _RESOLUTION,
    ),
    "results/tables/superposition_llc_locality.csv": table(
        WORDS,
        "Whether chains from different models on the same data agree",
        "setting samples sparsity epoch",
        f"setting {_SCALE} samples sparsity S epoch models seeds pairs far far_seeds agree"
        " agree_low agree_high far_ok agree_ok share_explained",
        _LOCALITY,
    ),
    "results/tables/superposition_llc_stability.csv": table(
        WORDS,
        "Which polygons chains leave, and for which",
        "setting samples sparsity epoch kgon",
        f"setting {_SCALE} samples sparsity S epoch kgon states seeds fell left to to_share",
        _STABILITY,
    ),
    "results/tables/superposition_published.csv": table(
        WORDS,
        "The published quantiles of loss and LLC beside ours",
        "panel epoch sparsity quantity",
        f"panel epoch sparsity S {' '.join(['quantity', 'seeds', *list(_PUBLISHED)[1:]])}",
        _PUBLISHED | {"sparsity": share("S as it was published: four decimals")},
    ),
    "results/tables/superposition_claims.csv": table(
        CLAIMS | _ALSO,
        "Every claim with its verdict, for every loss, number of samples, setting and choice of "
        "states",
        f"id {_ALSO_COLUMNS} part",
        CLAIM_COLUMNS.replace("source ", f"source {_ALSO_COLUMNS} ")
        + " differs differs_by_samples differs_by_loss differs_by_setting margin flips shown",
        {"n": Column("models behind the statistic", WHOLE, low=0)},
    ),
    "results/tables/superposition_findings.csv": FINDINGS_TABLE,
    "results/tables/superposition_claims_summary.csv": table(
        CLAIMS | _ALSO,
        "Every claim as a whole, a row each",
        "id",
        f"{SUMMARY_COLUMNS} {_ALSO_COLUMNS} changes_with margin flips reason sentence",
    ),
}
"""The columns of its tables, by the pattern of their path."""
