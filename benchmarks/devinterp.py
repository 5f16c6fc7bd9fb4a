"""LLC of the same models by lgi and by devinterp: value, error, time of a draw, tied weights.

`make bench-devinterp`, or `python -m benchmarks.devinterp PYTHON` with the Python of an environment
that has devinterp. lgi trains the models and writes them to a file; `benchmarks/devinterp_side.py`
reads it there, in a process of its own, and answers in JSON. docs/llc_devinterp.md has the result.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml

from lgi.config import check
from lgi.llc.estimate import estimate
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings
from lgi.llc.status import NOT_A_MINIMUM
from lgi.runs import write_run
from lgi.superposition.training.kernels import loss_and_gradient
from lgi.superposition.training.run import train_run, training_data, training_patterns

ROOT = Path(__file__).parent.parent
SIDE = Path(__file__).with_name("devinterp_side.py")
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


def main(python: str) -> None:
    """Compare on the models of this benchmark and print the tables.

    Parameters
    ----------
    python
        Interpreter of the environment that has devinterp.
    """
    check_environment(python)
    arrays, record, setting = _models()
    ours = _estimates(arrays, record, setting)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "models.npz"
        write_models(path, arrays, training_data(record)[:COMPARED], setting)
        theirs = run_side(python, path)
    check_losses(ours, theirs)
    print(report(ours, theirs, setting))


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


def run_side(python: str, models: Path) -> dict:
    """Run devinterp's side on the models and return its answer.

    Raises
    ------
    SystemExit
        If it fails or takes longer than `TIMEOUT`; the message says why.
    """
    # -I: otherwise this folder would come first on the path, and this very module be devinterp.
    command = [python, "-I", str(SIDE), str(models)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"devinterp's side did not end within {TIMEOUT} s")
    if done.returncode:
        sys.exit(
            f"devinterp's side failed in {python}:\n{done.stderr[-2000:].rstrip()}\n"
            "Remove its environment to make it again: rm -r .venv-devinterp"
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


def _models() -> tuple[dict[str, np.ndarray], dict, EstimateSettings]:
    """Train the models of config.yaml and return them at `EPOCH`, with the setting sgld."""
    config = check(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    study = config.superposition
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
        return estimate(problem.part(slice(models)), setting)

    estimates = run(MODELS)  # compiles
    draw_seconds = {}
    for models in (MODELS, 1):
        draws = models * setting.chains * setting.draws
        draw_seconds[models] = min(_seconds(run, models) for _ in range(REPEATS)) / draws
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
    return _table(
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
        f"{_table(head, rows)}\n\n"
        f"Root mean square of the differences of lgi and devinterp (stored once), in units of "
        f"their standard errors together: {apart:.2f}"
    )


def _speed_table(ours: Mapping, theirs: Mapping, setting: EstimateSettings) -> str:
    draws = setting.chains * setting.draws
    baseline = min(own["once"]["seconds"] for own in theirs["models"]) / draws
    timed = [
        (f"lgi, {_count(models)} at once, diagnostics included", seconds)
        for models, seconds in ours["draw_seconds"].items()
    ]
    rows = [
        (title, f"{seconds * 1e6:.3g} µs", f"{1 / seconds:,.0f}", f"{baseline / seconds:,.0f}×")
        for title, seconds in [*timed, (f"devinterp, {_count(1)} at a time", baseline)]
    ]
    return _table(("estimate", "CPU time of a draw", "draws/s, one thread", "ratio"), rows)


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
    return _table(("samples n", "batch size", "devinterp's default nβ", "n / ln n"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main(*sys.argv[1:] or [str(ROOT / ".venv-devinterp/bin/python")])
