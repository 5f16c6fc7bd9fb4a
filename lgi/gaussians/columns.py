"""The columns of every table of study 1."""

from lgi.claims import NOT_APPLICABLE, NOT_SUPPORTED, SUPPORTED, UNDECIDED
from lgi.schema.column import (
    NO_INTERVAL,
    Table,
    count,
    low_and_high,
    number,
    share,
    table,
    text,
    truth,
)
from lgi.schema.words import CLAIMS_TABLE, COMMON, FINDINGS_TABLE, STATUS, SUMMARY_TABLE, VERDICT

LOST = "the run diverged"
NO_BEST = "the run diverged at its first iteration"
NO_TURN = "the run does not turn"
NOT_PUBLISHED = "the original did not publish it, or the settings are not its own"
REFERENCE = "the reference itself"
QUARTILES = low_and_high("lower quartile", "upper quartile")
IMAGE_LOSS = "(MS-)SSIM and L1 loss of the image"

WORDS = COMMON | {
    "image": text("image that is fitted, as the configuration names it"),
    "recipe": text("settings of the training, as the configuration names them"),
    "n": count("N: number of Gaussians", low=1),
    "state": text("how the run ended", pattern=r"finished|(stopped|diverged) at iteration \d+"),
    "iterations": count("iterations of the recipe", low=0),
    "best_loss": number("least logged loss of the run", low=0).unless(NO_BEST),
    "best_iteration": count("iteration of the best loss").unless(NO_BEST),
    "final_loss": number("loss at the last iteration", low=0).unless(LOST),
    "initial_loss": number("loss of the start", low=0).unless(LOST),
    "psnr_at_best": number("peak signal-to-noise ratio at the best", "dB").unless(
        f"{NO_BEST}, or the fit is exact"
    ),
    "ssim_at_best": number("structural similarity at the best", low=-1, high=1).unless(NO_BEST),
    "ms_ssim_at_best": number("multi-scale SSIM at the best", low=-1, high=1).unless(
        f"a side of the image has fewer than 176 pixels, or {NO_BEST}"
    ),
    "uncovered_at_best": share("share of the pixels that no Gaussian reaches, at the best").unless(
        NO_BEST
    ),
    "uncovered_at_end": share("share of the pixels that no Gaussian reaches, at the end").unless(
        LOST
    ),
    "evaluations": number(
        "pixels that Gaussians reach in an iteration, summed over Gaussians", low=0
    ).unless(LOST),
    "n_over_pixels": number("N as a share of the number of pixels", low=0),
    "pixels_per_gaussian": number("number of pixels over N", low=0),
    "change_vs_previous_n": number(
        "best loss minus that of the next smaller N that ran, all else equal"
    ).unless(f"there is no smaller N, or {NO_BEST}"),
    "published_best_loss": number("best loss that the original printed", low=0).unless(
        NOT_PUBLISHED
    ),
    "pixels": count("pixels of the image", low=1),
    "turned": truth("whether the run turned: a later loss exceeds its best by a factor"),
    "decided": truth("whether the recipe's own definition decides whether its runs turn"),
    "turn_iteration": number("iteration at which the run turns", low=0).unless(NO_TURN),
    "integrated_rate": number("sum of the learning rates before the turn", low=0).unless(NO_TURN),
    "start": text("how Gaussians are placed at the start"),
    "rate": number("learning rate at the start", low=0),
    "blend": text("how Gaussians make a colour: averaged or added", "mean", "sum"),
    "edge": text("how a Gaussian ends at its cut-off", "hard", "smooth"),
    "quantity": text("what the value is"),
    "unit": text("unit of the value").unless("a number without a unit"),
    "status": text(STATUS.meaning, *STATUS.among, "left the basin"),
    "noise": number("σ of an intensity (0 to 1) in the likelihood", low=0),
    "verdict": VERDICT,
}
RUN = "image recipe n seed"
RUNS = (
    f"{RUN} iterations best_loss best_iteration final_loss initial_loss psnr_at_best ssim_at_best"
    " ms_ssim_at_best uncovered_at_best uncovered_at_end evaluations n_over_pixels"
    " pixels_per_gaussian change_vs_previous_n published_best_loss state"
)
OF_A_STATE = {
    "state": text("where in training: at the start, the best or the end", "start", "best", "end")
}
LOST_STATE = "the state is not finite"
FEATURES = {
    "loss": number("reported loss of the state", low=0).unless(LOST_STATE),
    "log10_condition": number(
        "log10 of the condition number of the Jacobian, without null directions", low=0
    ).unless(LOST_STATE),
    "log10_condition_equilibrated": number("the same with columns of length 1", low=0).unless(
        LOST_STATE
    ),
    "effective_rank": number("exp of the entropy of the Jacobian's singular values", low=0).unless(
        LOST_STATE
    ),
    "effective_rank_share": share("effective rank per trained parameter").unless(LOST_STATE),
    "effective_rank_equilibrated": number("effective rank with columns of length 1", low=0).unless(
        LOST_STATE
    ),
    "null_share": share("share of the directions that do not change the image").unless(LOST_STATE),
    "at_bounds": share("share of the trained parameters at one of their bounds").unless(LOST_STATE),
    "overlap": number("mean number of Gaussians that count at a pixel", low=0).unless(LOST_STATE),
    "neighbour_overlap": share(
        "mean over Gaussians of the largest Bhattacharyya overlap with another"
    ).unless(f"one Gaussian alone, or {LOST_STATE}"),
    "spacing": number(
        "mean distance of a centre from the next, over √(pixels / N): 1/2 for random centres",
        low=0,
    ).unless(f"one Gaussian alone, or {LOST_STATE}"),
    "spacing_variation": number(
        "standard deviation of these distances over their mean", low=0
    ).unless(f"one Gaussian alone, or {LOST_STATE}"),
    "uncovered": share("share of the pixels that no Gaussian reaches").unless(LOST_STATE),
    "scale": number("mean of all scales, in units of the image", low=0).unless(LOST_STATE),
}
FEATURE_COLUMNS = f"{RUN} best_loss state {' '.join(FEATURES)}"
ESTIMATE = {
    "trained": count("trained values", low=1),
    "parameters": count("P: trained values that are not at a bound"),
    "predicted": number("half the effective dimension of the Hessian at σ and γ", low=0),
    "predicted_shift": number("by how much that moves where γ is 3 times as large"),
    "predicted_jacobian": number("half the effective dimension of the Jacobian at σ and γ", low=0),
    "effective_rank": number("exp of the entropy of the Jacobian's singular values", low=0),
    "llc": number("half the effective dimension at σ and γ, as chains find it").unless(
        "a draw is not finite (status diverged)"
    ),
    "fall": number("how far below nβ L(w*) the last draw of a chain falls when minimised").unless(
        "a draw is not finite (status diverged)"
    ),
    "gradient_norm": number("norm of the gradient along the coordinates of the chains", low=0),
    "loss_at_w": number("L(w*): squared error per pixel at w*, over 2 σ²", low=0),
    "loss_of_fit": number("the same at the best state of training", low=0),
    "mean_loss": number("E[L]: its mean over the draws", low=0).unless(
        "a draw is not finite (status diverged)"
    ),
    "rmse": number("root mean square error of an intensity (0 to 1) at w*", low=0),
    "rmse_of_fit": number("the same at the best state of training", low=0),
    "below_fit": number("nβ times what w* lies below the best state of training"),
    "moved": number("largest change of a value from the best state to w*", low=0),
}
ESTIMATE_COLUMNS = (
    f"{RUN} setting noise localisation n_beta trained parameters llc llc_se predicted"
    " predicted_shift predicted_jacobian effective_rank rhat ess acceptance share_below"
    " gradient_norm fall status reason loss_at_w loss_of_fit mean_loss rmse rmse_of_fit below_fit"
    " moved"
)
_VARIED = {
    "varied": text("what is varied", "noise", "localisation"),
    "value": number("its value", low=0),
}
_ESTIMATES = table(
    WORDS,
    "Half the effective dimension of single minima, a row for each setting",
    f"{RUN} setting",
    ESTIMATE_COLUMNS,
    ESTIMATE,
)
_SWEEP = table(
    WORDS,
    "Half the effective dimension of single minima while the noise σ or γ varies",
    f"varied value {RUN}",
    f"varied value {ESTIMATE_COLUMNS}",
    ESTIMATE | _VARIED,
)
_FEATURES = table(
    WORDS,
    "What fits are like at their start, best and end",
    f"{RUN} state",
    FEATURE_COLUMNS,
    FEATURES | OF_A_STATE,
)
_STEPS = {
    "n": count("N of the step from N - 1 to N", low=1),
    "mean": number("mean over seeds of the best loss at N minus that at N - 1").unless(
        "no seed has both"
    ),
    "low": number("lower end of its interval (Student's t)").unless(NO_INTERVAL),
    "high": number("upper end of its interval (Student's t)").unless(NO_INTERVAL),
    "joint": number("the mean, with an interval that holds for all steps together"),
    "bootstrap": number("the mean, with an interval from resampled seeds"),
    "deviation": number("standard deviation over seeds", low=0).unless("fewer than two seeds"),
    "p": number("p-value of the t test that the mean is 0", low=0, high=1).unless(
        "too few seeds to test"
    ),
    "p_holm": number("the same, corrected for the number of steps (Holm)", low=0, high=1).unless(
        "too few seeds to test"
    ),
    "p_wilcoxon": number("p-value of Wilcoxon's signed-rank test", low=0, high=1).unless(
        "too few seeds to test"
    ),
    "share": share("share of the seeds that do worse at N than at N - 1").unless(
        "no seed has both"
    ),
    "expected_share": share("what that share would be if all steps were alike").unless(
        "fewer than two seeds"
    ),
    "correlation": number(
        "correlation of the losses at N - 1 and N over seeds", low=-1, high=1
    ).unless("fewer than two seeds, or the losses do not vary"),
    "gain": number(
        "how many times fewer seeds a paired comparison needs than one of different seeds", low=0
    ).unless("fewer than two seeds, or the losses do not vary"),
    "original": number("the same difference of the original's seed alone").unless(
        "its seed is not among these"
    ),
}
_STEP_COLUMNS = (
    "n seeds mean low high joint_low joint_high bootstrap_low bootstrap_high deviation p p_holm"
    " p_wilcoxon share share_low share_high expected_share correlation gain original"
)


def _steps(about: str) -> Table:
    return table(WORDS, about, "n", _STEP_COLUMNS, _STEPS)


def _at(place: str, where: str) -> dict:
    """Return the columns of a turned run's state at a place."""
    no_such = f"{NO_TURN}, or there is no such state or pixel"
    return {
        f"iteration_at_{place}": number(f"iteration of the kept state {where}", low=0).unless(
            no_such
        ),
        f"rise_at_{place}": number(f"rise of the pixel loss since the best, {where}").unless(
            no_such
        ),
        f"rise_on_lost_at_{place}": number(
            "share of the rise on pixels that have lost their Gaussians; above 1 where others fall"
        ).unless(no_such),
        f"rise_on_kept_at_{place}": number(
            "share of the rise on pixels that are covered both times"
        ).unless(no_such),
        f"rise_of_ssim_at_{place}": number("share of SSIM in the rise of the whole loss").unless(
            no_such
        ),
        f"brought_at_{place}": number(
            "loss that the lost pixels had already at the best, in units of the rise"
        ).unless(no_such),
        f"kept_error_at_{place}": number("mean absolute error of the kept pixels", low=0).unless(
            no_such
        ),
        f"kept_error_before_at_{place}": number(
            "mean absolute error of the same pixels at the best", low=0
        ).unless(no_such),
        f"lost_error_at_{place}": number("mean absolute error of the lost pixels", low=0).unless(
            no_such
        ),
        f"lost_error_before_at_{place}": number(
            "mean absolute error of the same pixels at the best", low=0
        ).unless(no_such),
    }


_TURN = {
    "uncovered_iteration": number(
        "iteration from which on more than a set share of the pixels is uncovered", low=0
    ).unless("there is none"),
    "uncovered_at_turn": share("share of the pixels that no Gaussian reaches, at the turn").unless(
        NO_TURN
    ),
    "correlation": number(
        "rank correlation of loss and uncovered share from the best on", low=-1, high=1
    ).unless("the best is the end, or one of them does not vary"),
    **_at("turn", "at the first kept state from the turn on"),
    **_at("end", "at the end"),
}
_NOT_MEASURED = f"{REFERENCE}, or no pair of runs"
_CURES = {
    "changes": text("settings that differ from those of the reference").unless(REFERENCE),
    "runs": count("number of runs"),
    "rate_at_end": number("last learning rate as a share of the first", low=0),
    "best_loss": number("best loss, mean over seeds", low=0).unless(NO_BEST),
    "final_loss": number("loss at the last iteration, mean over seeds", low=0).unless(LOST),
    "psnr_at_best": number("PSNR at the best, mean over seeds", "dB").unless(NO_BEST),
    "best_iteration": number("iteration of the best loss, median over runs", low=0).unless(NO_BEST),
    "evaluations": number("pixels that Gaussians reach in an iteration, mean", low=0).unless(LOST),
    "turn_iteration": number("iteration of the turn, median over the runs that turn", low=0).unless(
        "no run turns"
    ),
    "uncovered_at_end": share("uncovered share of the image at the end, mean").unless(LOST),
    "lost": number("uncovered share at the end less that at the best, mean over seeds").unless(
        LOST
    ),
    "turned": share("share of the seeds most of whose runs turn").unless(LOST),
    "later": number(
        "log2 of the iteration of the turn over that of the reference's, runs that both turn"
    ).unless(f"{_NOT_MEASURED} of which both turn"),
    "later_in_rate": number("the same of the sum of learning rates before the turn").unless(
        f"{_NOT_MEASURED} of which both turn"
    ),
    "later_seeds": count("number of seeds behind later").unless(REFERENCE),
    "later_in_rate_seeds": count("number of seeds behind later_in_rate").unless(REFERENCE),
    "gain": number("best loss of the reference minus the recipe's, mean over seeds").unless(
        REFERENCE
    ),
    "gain_seeds": count("number of seeds behind gain").unless(REFERENCE),
    "gain_p": number("p-value of the gain, corrected for the recipes (Holm)", low=0, high=1).unless(
        f"{REFERENCE}, or too few seeds"
    ),
    "better": text("verdict on a gain above 0", *VERDICT.among).unless(REFERENCE),
    "delays": text("verdict: most seeds turn, but later", *VERDICT.among).unless(REFERENCE),
    "freezes": text(
        "verdict: most do not turn, but the rate is spent and the loss higher", *VERDICT.among
    ).unless(REFERENCE),
    "cures": text(
        "verdict: most do not turn, the loss is lower and coverage kept", *VERDICT.among
    ).unless(REFERENCE),
    "kind": text(
        "what the recipe does",
        *("cures", "freezes", "delays", "turns", UNDECIDED, NOT_APPLICABLE),
    ).unless(REFERENCE),
}
_MEASURED = " ".join(
    f"{name}{end}"
    for name in ("lost", "turned", "later", "later_in_rate", "gain")
    for end in ("", "_low", "_high", "_seeds")
)
_BLENDING = {
    "initial_loss": number("loss of the start, mean over seeds", low=0).unless(LOST),
    "best_loss": number("best loss, mean over seeds", low=0).unless(NO_BEST),
    "final_loss": number("loss at the last iteration, mean over seeds", low=0).unless(LOST),
    "psnr_at_best": number("PSNR at the best, mean over seeds", "dB").unless(NO_BEST),
    "best_iteration": number("iteration of the best loss, median over runs", low=0).unless(NO_BEST),
    "uncovered_at_end": share("uncovered share of the image at the end, mean").unless(LOST),
    **low_and_high(
        "lower end of the interval of best_loss (Student's t)",
        "upper end of the interval of best_loss (Student's t)",
    ),
    "turned": share("share of the seeds that turn").unless(LOST),
}
_BLENDING["low"] = _BLENDING["low"].unless(NO_INTERVAL)
_BLENDING["high"] = _BLENDING["high"].unless(NO_INTERVAL)
_COMPARED = "initial_loss best_loss final_loss psnr_at_best best_iteration uncovered_at_end"
_NOT_RUN = "these N were not run with the published settings"
_DISCREPANCIES = {
    "statement": text(
        "what the original states",
        *("best_n", "change", "optimal_ratio", "better_outside", "best_iteration", "best_loss"),
    ),
    "n": count("N of which it speaks", low=1).unless("it speaks of all N"),
    "stated_low": number("least value that the statement allows").unless("no limit"),
    "stated_high": number("greatest value that the statement allows").unless("no limit"),
    "published": number("value in the table that the original printed").unless(
        "its table is the statement"
    ),
    "measured": number("value that is measured here, with its seed").unless(_NOT_RUN),
    "agrees": truth(
        "whether its own table bears the statement out; the measured value, if that is the table"
    ).unless(_NOT_RUN),
    "reproduced": truth("whether measured and published value are the same as printed").unless(
        "one of them is missing"
    ),
}
_N_STUDY = {
    "lists": text("lists of N that the N is in", pattern=r"(fine|gap|broad)?( (gap|broad))*"),
    "change": number("best loss minus that of N - 1 of the same seed").unless(
        f"N - 1 was not run, or {NO_BEST}"
    ),
    "relative_change": number("the same as a share of the loss at N - 1").unless(
        f"N - 1 was not run, or {NO_BEST}"
    ),
    "regression": truth("whether the change is above 0"),
    "best_share": share("iteration of the best loss as a share of all iterations").unless(NO_BEST),
    "turned": truth("whether the run ended above its best, or diverged"),
    "tier": text("quality of the best loss, by the tiers of the configuration").unless(NO_BEST),
    "published_difference": number("best loss minus the published one").unless(NOT_PUBLISHED),
}
_NO_VALUE = "too few N, seeds or runs to say"
_N_STUDY_SUMMARY = {
    "part": text("over which N: a list, a tier, or one N").unless("over all N"),
    "seeds": text("the original's seed, or `all`: the mean curve over seeds", pattern=r"\d+|all"),
    "value": number("value of the quantity, in the unit").unless(_NO_VALUE),
    "n": count("number of points behind the value"),
}
_SEEDS_SUMMARY = {
    "part": text("of what: a source, one N, a distance of two N, ...").unless("of all"),
    "value": number("value of the quantity, in the unit").unless(_NO_VALUE),
    "n": count("number of values behind it"),
}
_PREDICTION = {
    "target": text("what is predicted", "best loss", "regression"),
    "test": text("on what it is tried", "unseen seeds", "unseen seeds and N"),
    "measure": text("how well", "skill", "skill beyond N", "AUC"),
    "known": text(
        "when the predictor is known", "before training", "after training N - 1", "after training"
    ),
    "state": text("state of the fit that is looked at", "no state", "start", "best", "end"),
    "predictor": text("what predicts: a feature, N, several together"),
    "form": text("in which form", "value", "change from N - 1"),
    "value": number("skill, or area under the ROC curve", high=1).unless("too few seeds to try it"),
    "joint": number("the value, with an interval for all predictors of a state together"),
    "correlation": number("rank correlation of predictor and target", low=-1, high=1).unless(
        "several predictors together, or they do not vary"
    ),
    "rows": count("fits that are predicted"),
    "verdict": text("whether it is of use", SUPPORTED, NOT_SUPPORTED, UNDECIDED, NOT_APPLICABLE),
}
_PRICE = {
    "channels": count("channels of the image; equal ones count once", low=1),
    "score": text("what is made least", "description", "free energy", "minima"),
    "price": text("whose price it is", "regular", "stated", "measured"),
    "setting": text("setting of the estimator whose dimension is the price").unless(
        "the price is not measured"
    ),
    "bits": number("price of a parameter", "bits", low=0).unless("the measured price is not known"),
    "sigma": number("noise of an intensity, in levels of 8 bits", low=0).unless(
        "the noise is fitted"
    ),
    "n_star": number("best N at this price, median over seeds", low=1),
    "seeds_at_most_tried": count("seeds whose best N is the largest that was tried: at least that"),
    "seeds_at_least_tried": count("seeds whose best N is the smallest that was tried"),
    "least_tried": count("smallest N that was tried", low=1),
    "most_tried": count("largest N that was tried", low=1),
    "psnr": number("PSNR at the best N, mean over seeds", "dB").unless("the fit is exact"),
    "ssim": number("SSIM at the best N, mean over seeds", low=-1, high=1).unless(
        "not measured at minima"
    ),
    "residual": number(
        "standard deviation of what is left, in levels of 8 bits, mean over seeds", low=0
    ),
    "bits_per_pixel": number(
        "bits of all parameters at their price over the pixels", "bits", low=0
    ).unless("the measured price is not known"),
    "low": number("lower end of the interval of n_star, by rank", low=1).unless(NO_INTERVAL),
    "high": number("upper end of the interval of n_star, by rank", low=1).unless(NO_INTERVAL),
}
_AT = {
    "value": number("geometric mean over seeds", low=0),
    "from": number("the same, of the least value at which the best N is this N", low=0).unless(
        "there is no such end"
    ),
    "to": number("the same, of the greatest", low=0).unless("there is no such end"),
}
_ENERGY = {
    "misfit": number("n L(w*): what is left, over 2 σ²", "nats", low=0),
    "regular": number("half the trained parameters times ln n", "nats", low=0),
    "measured": number("half the effective dimension times ln n", "nats").unless(
        "the estimate is not ok"
    ),
    "residual": number("standard deviation of what is left, in levels of 8 bits", low=0),
}
_SIZES = {
    "bits_per_pixel": number("bits of all parameters over the pixels", "bits", low=0),
    "psnr": number("PSNR at the best, mean over seeds", "dB").unless("the fit is exact"),
    "ssim": number("SSIM at the best, mean over seeds", low=-1, high=1),
    "ms_ssim": number("multi-scale SSIM at the best, mean over seeds", low=-1, high=1).unless(
        "a side of the image has fewer than 176 pixels"
    ),
    "evaluations": number("pixels that Gaussians reach in an iteration, mean", low=0),
    "evaluations_per_pixel": number("the same per pixel", low=0),
}
_GROWTH = {
    "value": number("mean over seeds, each with a value of its own"),
    "from_n": count("smallest N behind it", low=1),
    "to_n": count("largest N behind it", low=1),
}

TABLES = {
    "results/tables/gaussians.csv": table(WORDS, "Every fit", RUN, RUNS),
    "results/tables/gaussians/loss_vs_n/{image}/{recipe}.csv": table(
        WORDS, "The fits of one image and recipe", RUN, RUNS
    ),
    "results/tables/gaussians_reproducibility.csv": table(
        WORDS,
        "The runs that were made twice",
        "image n seed iterations",
        "image n seed best_loss iterations reference_best_loss reference_best_iteration"
        " absolute_difference relative_difference",
        {
            "iterations": count("iterations of the run that was made again"),
            "reference_best_loss": number(
                "best loss of the run that it is compared with", low=0
            ).unless(NO_BEST),
            "reference_best_iteration": count("its iteration").unless(NO_BEST),
            "absolute_difference": number("difference of the two best losses").unless(NO_BEST),
            "relative_difference": number("the same as a share of the reference").unless(NO_BEST),
        },
    ),
    "results/tables/gaussians_blending.csv": table(
        WORDS,
        "Blends, edges and starts compared, means over seeds",
        "image n start rate blend edge",
        f"image n start rate blend edge seeds {_COMPARED} low high turned turned_low turned_high",
        _BLENDING,
    ),
    "results/tables/gaussians_blending_runs.csv": table(
        WORDS,
        "The runs behind the comparison of blends",
        RUN,
        f"{RUN} start rate blend edge {_COMPARED} turned",
    ),
    "results/tables/gaussians_claims.csv": CLAIMS_TABLE,
    "results/tables/gaussians_claims_summary.csv": SUMMARY_TABLE,
    "results/tables/gaussians_findings.csv": FINDINGS_TABLE,
    "results/tables/gaussians_cures.csv": table(
        WORDS,
        "Recipes beside the reference, at the same N and seeds",
        "recipe",
        "recipe changes runs seeds decided iterations rate_at_end best_loss final_loss psnr_at_best"
        f" best_iteration evaluations turn_iteration uncovered_at_end {_MEASURED} gain_p better"
        " delays freezes cures kind",
        _CURES,
    ),
    "results/tables/gaussians_cures_runs.csv": table(
        WORDS,
        "The runs behind the comparison of recipes",
        RUN,
        f"{RUN} best_loss final_loss turned decided turn_iteration integrated_rate",
    ),
    "results/tables/gaussians_discrepancies.csv": table(
        WORDS,
        "What the original states beside its own table and what is measured here",
        "statement n",
        "statement n stated_low stated_high unit published measured agrees reproduced",
        _DISCREPANCIES,
    ),
    "results/tables/gaussians_elsewhere.csv": table(
        WORDS,
        "Best loss against N / pixels, for every image and resolution",
        "image recipe n",
        "image recipe n n_over_pixels seeds best_loss low high psnr_at_best best_iteration"
        " is_lowest in_range",
        _BLENDING
        | {
            "is_lowest": truth("whether the mean loss is the lowest of its image and recipe"),
            "in_range": truth("whether N / pixels lies in the range that was called optimal"),
        },
    ),
    "results/gaussians/features/{image}/{recipe}/n{n}.csv": _FEATURES,
    "results/tables/gaussians_features.csv": _FEATURES,
    "results/tables/gaussians_free_energy.csv": table(
        WORDS,
        "The two terms of the free energy at minima",
        f"{RUN} setting",
        "image recipe setting noise localisation n seed status misfit regular measured residual",
        _ENERGY,
    ),
    "results/tables/gaussians_steps.csv": _steps("What one more Gaussian does to the best loss"),
    "results/tables/gaussians_fresh_steps.csv": _steps(
        "What one more Gaussian does to the best loss over fresh seeds, where the original says "
        "that it does worse"
    ),
    "results/llc/gaussians/{image}/{recipe}/n{n}_seed{seed}.csv": _ESTIMATES,
    "results/tables/gaussians_llc.csv": _ESTIMATES,
    "results/llc/gaussians/sweep/{image}/{recipe}/n{n}_seed{seed}.csv": _SWEEP,
    "results/tables/gaussians_llc_sweep.csv": _SWEEP,
    "results/tables/gaussians_n_study.csv": table(
        WORDS,
        "Every run of the N-study of the original, made again",
        "seed n",
        "seed n lists n_over_pixels pixels_per_gaussian best_loss change relative_change regression"
        " best_iteration best_share final_loss turned tier evaluations published_best_loss"
        " published_difference state",
        _N_STUDY,
    ),
    "results/tables/gaussians_n_study_summary.csv": table(
        WORDS,
        "The numbers that describe the N-study",
        "quantity part seeds",
        "quantity part seeds value low high n unit",
        _N_STUDY_SUMMARY,
    ),
    "results/tables/gaussians_prediction.csv": table(
        WORDS,
        "How well features predict the best loss, and where fits do worse than at N - 1",
        "image recipe target test measure known state predictor form",
        "image recipe target test measure known state predictor form value low high joint_low"
        " joint_high correlation seeds rows verdict",
        _PREDICTION,
    ),
    "results/tables/gaussians_prediction_planted.csv": table(
        WORDS,
        "How often predictors of known skill are found",
        "image recipe planted",
        "image recipe planted skill found repeats seeds",
        {
            "planted": share("share of the target that is planted in the predictor"),
            "skill": number("skill beyond N on unseen seeds, mean over repeats", high=1),
            "found": share("share of the predictors that are found"),
            "repeats": count("planted predictors of each share"),
        },
    ),
    "results/tables/gaussians_price.csv": table(
        WORDS,
        "The best N at each price of a parameter",
        "image recipe score price setting bits sigma",
        "image recipe pixels channels score price setting bits sigma n_star low high seeds"
        " seeds_at_most_tried seeds_at_least_tried least_tried most_tried psnr ssim residual"
        " bits_per_pixel",
        _PRICE,
    ),
    "results/tables/gaussians_price_at.csv": table(
        WORDS,
        "The prices at which the best N passes the N of the original",
        "image recipe n quantity",
        "image recipe n quantity unit value low high seeds from to",
        _AT,
    ),
    "results/tables/gaussians_seeds.csv": table(
        WORDS,
        "Best loss of many seeds at each N",
        "seed n",
        "seed n best_loss change",
        {
            "best_loss": number("least logged loss of the run", low=0).unless(
                f"the run was not made, or {NO_BEST}"
            ),
            "change": number("best loss minus that at N - 1 of the same seed").unless(
                "N - 1 was not run"
            ),
        },
    ),
    "results/tables/gaussians_seeds_summary.csv": table(
        WORDS,
        "The numbers that describe many seeds at each N",
        "quantity part unit",
        "quantity part value low high n unit",
        _SEEDS_SUMMARY,
    ),
    "results/tables/gaussians_sizes.csv": table(
        WORDS,
        "How well pictures of real size are fitted",
        "image recipe n",
        "image recipe pixels n n_over_pixels bits_per_pixel seeds psnr psnr_low psnr_high ssim"
        " ssim_low ssim_high ms_ssim ms_ssim_low ms_ssim_high evaluations evaluations_per_pixel",
        _SIZES,
    ),
    "results/tables/gaussians_sizes_growth.csv": table(
        WORDS,
        "How work and quality grow with N",
        "image recipe quantity",
        "image recipe quantity unit value low high seeds from_n to_n",
        _GROWTH,
    ),
    "results/tables/gaussians_spectra.csv": table(
        WORDS,
        "Singular values of the Jacobian of a few fits",
        "n seed state place",
        "place singular_value n seed state share",
        {
            "place": count("place in descending order, from 1", low=1),
            "singular_value": number("singular value of d image / d parameters", low=0),
            "share": share("the same in units of the largest of its state").unless("all are 0"),
        }
        | OF_A_STATE,
    ),
    "results/tables/gaussians_spectra_summary.csv": table(
        WORDS,
        "What becomes of the singular values in all fits, quartiles over seeds",
        "feature state n",
        "feature state n low median high seeds",
        {
            "feature": text("which feature of the Jacobian"),
            "median": number("median over seeds").unless(LOST_STATE),
            **{name: column.unless(LOST_STATE) for name, column in QUARTILES.items()},
        }
        | OF_A_STATE,
    ),
    "results/tables/gaussians_turn.csv": table(
        WORDS,
        "How loss and coverage of every fit move once its best is behind it",
        RUN,
        f"{RUN} iterations best_iteration best_loss turned decided turn_iteration integrated_rate"
        " uncovered_iteration uncovered_at_best uncovered_at_turn uncovered_at_end correlation "
        + " ".join(
            name for name in _TURN if name.endswith(("_turn", "_end")) and "cov" not in name
        ),
        _TURN,
    ),
    "results/tables/gaussians_turn_parts.csv": table(
        WORDS,
        "Change of the pixel loss since the best by pixels, along training",
        "part at",
        "part at low median high",
        {
            "part": text("which pixels"),
            "at": number("iteration in units of that of the best", low=0),
            "median": number("median over runs"),
        }
        | QUARTILES,
    ),
    "results/tables/gaussians_turn_uncovered.csv": table(
        WORDS,
        "Uncovered share of the image along training, a row for each logged iteration",
        f"{RUN} at",
        f"{RUN} at uncovered",
        {
            "at": number("iteration in units of that of the best", low=0),
            "uncovered": share("share of the pixels that no Gaussian reaches").unless(LOST),
        },
    ),
}
"""The columns of its tables, by the pattern of their path."""
