"""LLC of the same models by lgi and by devinterp: value, error, time of a draw, tied weights.

`make bench-devinterp`, or `python -m benchmarks.devinterp PYTHON [PYTHON2]` with the Python of an
environment that has devinterp 1.0.0, and of one that has 2.0.1. lgi trains the models and writes
them to a file; `benchmarks/devinterp_side.py` and `benchmarks/devinterp2_side.py` read it there, in
processes of their own, and answer in JSON. docs/llc_devinterp.md has the result.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.machine import ROOT, configuration, table
from lgi.llc.estimate import estimate
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings
from lgi.llc.status import NOT_A_MINIMUM
from lgi.runs import write_run
from lgi.superposition.training.kernels import loss_and_gradient
from lgi.superposition.training.run import train_run, training_data, training_patterns

SIDE = Path(__file__).with_name("devinterp_side.py")
SIDE_2 = Path(__file__).with_name("devinterp2_side.py")
ENVIRONMENTS = (ROOT / ".venv-devinterp", ROOT / ".venv-devinterp2")
MODELS, COMPARED = 448, 10  # trained; handed over, since devinterp takes a second for each variant
INIT, SAMPLES, SPARSITY, EPOCH = "kgon4", 1_000, "0.8111", 20_000
REPEATS = 5
TOLERANCE = 1e-6  # of L(w*), which is below 1: devinterp's side computes in float32
TIMEOUT = 1_800  # seconds: for what hangs; devinterp's side takes about 40

VARIANTS = {
    "once": "devinterp, W stored once",
    "twice": "devinterp, W stored twice",
    "batches": "devinterp, mini-batches of 128, nβ from n",
    "batches_default": "devinterp, mini-batches of 128, its default nβ",
}


def main(*pythons: str) -> None:
    """Compare on the models of this benchmark and print the tables.

    Parameters
    ----------
    *pythons
        Interpreters of the environments that have devinterp 1.0.0, and 2.0.1 if that is asked for.
    """
    for python in pythons:
        check_environment(python)
    print(compared(*pythons))


def text() -> str:
    """Return the comparison for `make bench`: with the environments that are there."""
    pythons = [str(each / "bin" / "python") for each in ENVIRONMENTS if each.exists()]
    if not pythons or not ENVIRONMENTS[0].exists():
        return "devinterp: not compared; `make bench-devinterp` makes its environments (a network)."
    return compared(*pythons)


def compared(python: str, python_2: str | None = None) -> str:
    """Return the tables of the comparison.

    Parameters
    ----------
    python, python_2
        Interpreters of the environments that have devinterp 1.0.0 and 2.0.1.
    """
    arrays, record, setting = _models()
    ours = _estimates(arrays, record, setting)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "models.npz"
        write_models(path, arrays, training_data(record)[:COMPARED], setting)
        theirs = run_side(python, path)
        theirs_2 = run_side(python_2, path, SIDE_2) if python_2 else None
    check_losses(ours, theirs)
    text = report(ours, theirs, setting)
    if theirs_2:
        check_losses(ours, theirs_2)
        text += "\n\n" + report_2(ours, theirs, theirs_2, setting)
    return text


def check_environment(python: str) -> None:
    """Exit with what to do if there is no such interpreter."""
    if not Path(python).exists():
        sys.exit(
            f"{python}: no such interpreter. `make bench-devinterp` makes an environment with "
            "devinterp; it needs a package index, that is, a network."
        )


def write_models(
    path: Path, arrays: Mapping[str, np.ndarray], samples: np.ndarray, setting: EstimateSettings
) -> None:
    """Write what the other side needs: models, their training sets, and the setting.

    Parameters
    ----------
    path
        The .npz file; it needs neither pickles nor lgi to be read.
    arrays
        ``seed`` [M], ``W`` [M, hidden, features] and ``b`` [M, features].
    samples
        Training sets of the first models, [compared, n, features]; only these are written.
    setting
        Settings of SGLD.
    """
    models = {name: arrays[name][: len(samples)] for name in ("seed", "W", "b")}
    record = {
        name: getattr(setting, name) for name in ("localisation", "chains", "draws", "burn_in")
    }
    record["step_size"] = setting.sampler.step_size
    record["n_beta"] = setting.n_beta(samples.shape[1])
    write_run(path, models | {"samples": samples}, record)


def run_side(python: str, models: Path, side: Path = SIDE) -> dict:
    """Run devinterp's side on the models and return its answer.

    Raises
    ------
    SystemExit
        If it fails or takes longer than `TIMEOUT`; the message says why.
    """
    # -I: otherwise this folder would come first on the path, and this very module be devinterp.
    command = [python, "-I", str(side), str(models)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"devinterp's side did not end within {TIMEOUT} s")
    if done.returncode:
        sys.exit(
            f"devinterp's side failed in {python}:\n{done.stderr[-2000:].rstrip()}\n"
            f"Remove its environment to make it again: rm -r {Path(python).parent.parent}"
        )
    return json.loads(done.stdout)


def check_losses(ours: Mapping, theirs: Mapping) -> None:
    """Exit unless both sides have the same L(w*) for every model and variant."""
    for model, variants in enumerate(theirs["models"]):
        for name, values in variants.items():
            loss = ours["loss_at_w"][model]
            if not abs(values["loss"] - loss) <= TOLERANCE:
                sys.exit(
                    f"not the same loss at w* for seed {ours['seed'][model]}, {name}: "
                    f"lgi has {loss!r}, devinterp {values['loss']!r}; allowed is {TOLERANCE:.0e}"
                )


def report(ours: Mapping, theirs: Mapping, setting: EstimateSettings) -> str:
    """Return the tables of the comparison, in Markdown.

    Parameters
    ----------
    ours
        Columns of `lgi.llc.estimate.estimate` and ``seed``, each [M]; ``n_beta``, ``parameters``;
        ``draw_seconds`` by the number of models computed at once.
    theirs
        What devinterp's side printed.
    setting
        Settings of SGLD.
    """
    versions = ", ".join(f"{name} {number}" for name, number in theirs["versions"].items())
    return "\n\n".join(
        [
            _models_table(ours, theirs),
            _variants_table(ours, theirs),
            _speed_table(ours, theirs, setting),
            _defaults_table(theirs),
            f"devinterp's environment: {versions}",
        ]
    )


def report_2(ours: Mapping, first: Mapping, second: Mapping, setting: EstimateSettings) -> str:
    """Return the tables of devinterp 2.0.1, which estimates with the weights stored once.

    Parameters
    ----------
    ours, first
        As for `report`: what lgi and devinterp 1.0.0 found.
    second
        What devinterp 2.0.1 found.
    setting
        Settings of SGLD.
    """
    minima = np.flatnonzero(
        np.asarray(ours["status"][: len(second["models"])]) != NOT_A_MINIMUM
    ).tolist()
    lgi = {name: ours[name][minima] for name in ("llc", "llc_se")}
    rows = []
    for title, found in (("devinterp 1.0.0", first), ("devinterp 2.0.1", second)):
        own = [found["models"][model]["once"] for model in minima]
        llc, error = (np.array([one[name] for one in own]) for name in ("llc", "llc_se"))
        apart = np.sqrt(np.mean((llc - lgi["llc"]) ** 2 / (error**2 + lgi["llc_se"] ** 2)))
        seconds = [one["once"]["seconds"] for one in found["models"]]
        draws = setting.chains * setting.draws
        ratios = [median(seconds) / draws / ours["draw_seconds"][n] for n in (MODELS, 1)]
        rows.append(
            (
                title,
                f"{np.mean(llc):.2f}",
                f"{apart:.2f}",
                f"{1e6 * median(seconds) / draws:,.0f} µs "
                f"({1e6 * min(seconds) / draws:,.0f} to {1e6 * max(seconds) / draws:,.0f})",
                *(f"{ratio:,.0f}×" for ratio in ratios),
            )
        )
    head = (
        "estimate, W stored once",
        "mean λ̂",
        "from lgi, in standard errors (root mean square)",
        f"CPU time of a draw, median of {len(second['models'])} models",
        f"over lgi, {MODELS} at once",
        "over lgi, 1 at a time",
    )
    versions = ", ".join(f"{name} {number}" for name, number in second["versions"].items())
    return f"{table(head, rows)}\n\nThe second environment of devinterp: {versions}"


def _models() -> tuple[dict[str, np.ndarray], dict, EstimateSettings]:
    """Train the models of config.yaml and return them at `EPOCH`, with the setting sgld."""
    study = configuration().superposition
    arrays, record = train_run(
        INIT,
        study.initialisations[INIT],
        study.hidden,
        SAMPLES,
        study.runs.exact[SPARSITY],
        study.data,
        study.training.model_copy(update={"epochs": EPOCH}),
        list(range(MODELS)),
        "cpu",
        "benchmark",
    )
    last = {"seed": arrays["seed"], "W": arrays["W"][:, -1], "b": arrays["b"][:, -1]}
    return last, record, study.llc.settings["sgld"]


def _estimates(
    arrays: Mapping[str, np.ndarray], record: Mapping, setting: EstimateSettings
) -> dict:
    """Return lgi's estimates of all models, and the time of a draw for all at once and for one."""
    patterns, counts = training_patterns(record)
    shares = np.ascontiguousarray(counts.T / SAMPLES)
    parameters = np.concatenate([arrays["W"].reshape(MODELS, -1), arrays["b"]], axis=1).T

    problem = Problem(
        loss_and_gradient,
        parameters,
        samples=SAMPLES,
        streams=[(seed, "llc", EPOCH) for seed in range(MODELS)],
        shared=(patterns.astype(np.float64),),
        per_model=(shares,),
    )

    def run(models: int) -> dict[str, np.ndarray]:
        return estimate(problem.of(slice(models)), setting)

    estimates = run(MODELS)  # compiles
    draw_seconds = {}
    for models in (MODELS, 1):
        draws = models * setting.chains * setting.draws
        draw_seconds[models] = median(_seconds(run, models) for _ in range(REPEATS)) / draws
    return estimates | {
        "seed": arrays["seed"],
        "n_beta": setting.n_beta(SAMPLES),
        "parameters": len(parameters),
        "draw_seconds": draw_seconds,
    }


def _seconds(run, models: int) -> float:
    """Return the CPU time, which other programs on the machine do not stretch."""
    begin = time.process_time()
    run(models)
    return time.process_time() - begin


def _models_table(ours: Mapping, theirs: Mapping) -> str:
    rows = [
        (
            str(ours["seed"][model]),
            f"{ours['loss_at_w'][model]:.6f}",
            f"{ours['llc'][model]:.2f} ± {ours['llc_se'][model]:.2f}",
            ours["status"][model],
            *(f"{own[name]['llc']:.2f} ± {own[name]['llc_se']:.2f}" for name in ("once", "twice")),
        )
        for model, own in enumerate(theirs["models"])
    ]
    return table(
        ("seed", "L(w*)", "lgi", "lgi's status", VARIANTS["once"], VARIANTS["twice"]), rows
    )


def _variants_table(ours: Mapping, theirs: Mapping) -> str:
    """Return means over the models at a minimum: elsewhere λ̂ may be negative, a ratio no sense."""
    compared = len(theirs["models"])
    minima = np.flatnonzero(np.asarray(ours["status"][:compared]) != NOT_A_MINIMUM)
    estimates = {
        "lgi": {name: ours[name][minima] for name in ("llc", "llc_se", "gradient_norm")}
        | {name: [ours[name]] for name in ("n_beta", "parameters")}
    }
    for variant, title in VARIANTS.items():
        own = [theirs["models"][model][variant] for model in minima]
        estimates[title] = {name: np.array([values[name] for values in own]) for name in own[0]}
    lgi, once = estimates["lgi"], estimates[VARIANTS["once"]]
    rows = [
        (
            title,
            str(values["parameters"][0]),
            f"{np.median(values['gradient_norm']):.0e}",
            f"{values['n_beta'][0]:.1f}",
            f"{np.mean(values['llc']):.2f}",
            f"{np.median(values['llc_se']):.2f}",
            f"{np.mean(values['llc']) / np.mean(once['llc']):.2f}",
        )
        for title, values in estimates.items()
    ]
    head = (
        "estimate",
        "parameters",
        "median gradient norm",
        "nβ",
        "mean λ̂",
        "median standard error",
        "over stored once",
    )
    errors = np.hypot(lgi["llc_se"], once["llc_se"])
    apart = np.sqrt(np.mean(((lgi["llc"] - once["llc"]) / errors) ** 2))
    return (
        f"Over the {len(minima)} of {compared} models that lgi does not call {NOT_A_MINIMUM}:\n\n"
        f"{table(head, rows)}\n\n"
        f"Root mean square of the differences of lgi and devinterp (stored once), in units of "
        f"their standard errors together: {apart:.2f}"
    )


def _speed_table(ours: Mapping, theirs: Mapping, setting: EstimateSettings) -> str:
    draws = setting.chains * setting.draws
    baseline = median(own["once"]["seconds"] for own in theirs["models"]) / draws
    timed = [
        (f"lgi, {_count(models)} at once, diagnostics included", seconds)
        for models, seconds in ours["draw_seconds"].items()
    ]
    rows = [
        (title, f"{seconds * 1e6:.3g} µs", f"{1 / seconds:,.0f}", f"{baseline / seconds:,.0f}×")
        for title, seconds in [*timed, (f"devinterp, {_count(1)} at a time", baseline)]
    ]
    return table(("estimate", "CPU time of a draw", "draws/s, one thread", "ratio"), rows)


def _count(models: int) -> str:
    return "1 model" if models == 1 else f"{models} models"


def _defaults_table(theirs: Mapping) -> str:
    rows = [
        (
            f"{row['samples']:,}",
            f"{row['batch_size']:,}",
            f"{row['n_beta']:.1f}",
            f"{row['samples'] / np.log(row['samples']):.1f}",
        )
        for row in theirs["defaults"]
    ]
    return table(("samples n", "batch size", "devinterp's default nβ", "n / ln n"), rows)


if __name__ == "__main__":
    main(*sys.argv[1:] or [str(each / "bin" / "python") for each in ENVIRONMENTS])
