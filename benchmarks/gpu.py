"""The CUDA engines beside the CPU engines: the same bits first, then how fast they are.

`benchmarks/gpu.sh` runs it where there is a GPU and writes docs/cuda_speed.md.
"""

import argparse
import cProfile
import datetime
import io
import json
import math
import os
import pstats
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.cores import THREADS

BEGAN = float(os.environ.get("BENCHMARK_BEGAN", time.time()))
"""When the benchmark began, in seconds since 1970."""
PROCESS = time.time()
PAGE = Path("docs", "cuda_speed.md")
PACKAGES = ("numpy", "numba", "numba-cuda", "scipy", "pandas", "pydantic")
AIMS = {"published fits": 5.0, "all fits": 20.0, "models": 3.0, "estimates": 5.0}
"""Seconds that were aimed at on an H100, after start-up."""
PRINTED = "published losses, as printed"
SAMPLES = "samples"
"""The part that compares a sample of every kind of work."""
KINDS = ("fits", "estimates", "known answers")
"""Of what the CPU engines do."""
PILOT = 16
"""Of long work every so many runs are timed on the CPU first, the costliest among them."""


class Sizes(NamedTuple):
    """How much is done."""

    iterations: int  # of a fit in the sample of every kind
    epochs: int  # of a training in the sample
    seeds: int
    draws: int  # of a chain in the sample
    chains: int  # of an estimate in it
    repeats: int  # timed ones
    cpu_seconds: float  # that the CPU engine may take for one row of the table


FULL, TINY = Sizes(256, 200, 40, 60, 3, 3, 30.0), Sizes(3, 2, 2, 6, 2, 1, 30.0)


class Check(NamedTuple):
    """Whether two ways to make the same made the same."""

    what: str
    values: int
    differing: int
    largest: str  # where most, and by how much


class Row(NamedTuple):
    """What a task took."""

    task: str
    what: str
    first: float  # seconds of the first call
    gpu: float  # median seconds of the later ones, or the first where there was no time for more
    repeats: int
    cpu: float  # seconds on all cores
    cpu_how: str
    work: Any  # `benchmarks.work.Work`


class Clock:
    """The time that the whole may take.

    Parameters
    ----------
    seconds
        From `BEGAN` on.
    """

    def __init__(self, seconds: float) -> None:
        self._end = BEGAN + seconds
        self.skipped: list[str] = []

    @property
    def left(self) -> float:
        """Seconds left."""
        return self._end - time.time()

    def allows(self, seconds: float, what: str) -> bool:
        """Tell whether there is time for something, and remember that there was not."""
        if self.left < seconds:
            self.skipped.append(
                f"{what} (about {seconds:.0f} s; {max(self.left, 0):.0f} were left)"
            )
            return False
        return True


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write page and JSON; return 1 if anything differed."""
    options = _parser().parse_args(arguments)
    # Before numba is imported: when it sees a variable of its own change, it forgets its settings.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    if options.start_up:
        print(json.dumps(start_up(options.device)))
        return 0
    if options.device == "cuda":
        from lgi.devices import missing

        if reason := missing():
            sys.exit(reason)
    done = Benchmark(options).run()
    return int(any(check.differing for check in done.checks))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks/gpu.sh", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a few runs, for numba's simulator")
    parser.add_argument("--seconds", type=float, default=330, help="skip what begins later")
    parser.add_argument("--into", type=Path, default=PAGE, help="the page")
    parser.add_argument("--cores", type=int, help="processes of the CPU engine")
    parser.add_argument("--profile", action="store_true", help="where Python's time goes, too")
    parts = [SAMPLES, *AIMS]
    parser.add_argument("--only", nargs="+", default=parts, help=f"of {', '.join(parts)}")
    parser.add_argument(
        "--beside", type=Path, help="cuda_speed.json of an earlier run, for what is not done now"
    )
    parser.add_argument(
        "--device", choices=("cuda", "cpu"), default="cuda", help="cpu: a rehearsal"
    )
    parser.add_argument("--start-up", action="store_true", help="print what starting costs")
    return parser


def start_up(device: str) -> dict[str, float]:
    """Return the seconds until each part of a process has done its first work on a device.

    Returns
    -------
    dict
        ``imports``, ``context`` (of the driver), and ``first`` call of each kind of kernel.
    """
    from benchmarks import tasks
    from benchmarks.machine import configuration
    from lgi import cuda
    from lgi.engines import on

    seconds = {"imports": time.time() - PROCESS}
    seconds["configuration"], config = _seconds(configuration)

    def context():
        if device == "cuda" and not cuda.SIMULATED:
            cuda.cuda.current_context()

    with on("cpu"):  # what is estimated; its time is not counted
        trained = tasks.train(tasks.sample_of_models(config, 2, 2)[:1])
    first = {
        "context": context,
        "first fit": lambda: tasks.fit(tasks.sample_of_fits(config, 2)[:1]),
        "first training": lambda: tasks.train(tasks.sample_of_models(config, 2, 2)[:1]),
        "first estimate": lambda: tasks.estimate(
            tasks.sample_of_estimates(config, trained, 6, 2)[:1]
        ),
    }
    for name, work in first.items():
        try:
            with on(device):
                seconds[name] = _seconds(work)[0]
        except Exception:  # told, and does not take the others with it
            traceback.print_exc()
            seconds[name] = float("nan")
    return seconds


def compile_on_cpu(kind: str) -> None:
    """Do a little of one of `KINDS`, so that its code is compiled and kept for all processes."""
    from benchmarks import tasks
    from benchmarks.machine import configuration

    config = configuration()
    if kind == "fits":
        tasks.fit(tasks.sample_of_fits(config, 2))
        return
    trained = tasks.train(tasks.sample_of_models(config, 2, 2))
    if kind == "estimates":
        tasks.estimate(tasks.sample_of_estimates(config, trained, 6, 2))
    elif kind == "known answers":
        tasks.answer(tasks.sample_of_known(config, 6, 2))


def difference(name: str, ours: Any, theirs: Any) -> tuple[int, int, str]:
    """Compare what two devices made, by its bits.

    Parameters
    ----------
    name
        What it is.
    ours, theirs
        Arrays, or values to be compared as they are.

    Returns
    -------
    values, differing : int
        How many there are, and how many differ.
    largest : str
        Empty, or by how much.
    """
    import numpy as np

    if not isinstance(ours, np.ndarray):
        return 1, int(ours != theirs), "" if ours == theirs else f"{name}: another text"
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        shapes = f"{ours.dtype}{list(ours.shape)} and {theirs.dtype}{list(theirs.shape)}"
        return ours.size, max(ours.size, theirs.size, 1), f"{name}: {shapes}"
    if ours.dtype.kind not in "fc":
        apart = int(np.count_nonzero(ours != theirs))
        return ours.size, apart, f"{name}: {apart} of {ours.size}" if apart else ""
    same = (ours.view(f"u{ours.itemsize}") == theirs.view(f"u{ours.itemsize}")) | (
        np.isnan(ours) & np.isnan(theirs)
    )
    if same.all():
        return ours.size, 0, ""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        gap = np.abs(ours - theirs)[~same]
        share = gap / np.abs(theirs[~same])
    apart = f"{name}: {gap.size} of {ours.size}, by up to {np.max(gap):.1e}"
    return ours.size, gap.size, f"{apart} (relative {np.max(share):.1e})"


def compare(what: str, ours: Sequence, theirs: Sequence) -> Check:
    """Compare what two ways made, thing by thing.

    Parameters
    ----------
    what
        What is compared with what.
    ours, theirs
        Run files (arrays and record) or tables.
    """
    from benchmarks.tasks import columns

    values = differing = worst = 0
    largest = ""
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        counterpart = dict(columns(other))
        for name, array in columns(one):
            count, apart, said = difference(name, array, counterpart[name])
            values, differing = values + count, differing + apart
            if apart > worst:
                worst, largest = apart, f"number {number}, {said}"
    return Check(what, values, differing, largest)


class Benchmark:
    """One run of the benchmark.

    Parameters
    ----------
    options
        Of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        from benchmarks.machine import configuration, cores

        self.options = options
        self.sizes = TINY if options.tiny else FULL
        self.clock = Clock(options.seconds)
        self.config = configuration()
        self.cores = options.cores or (1 if options.tiny else cores())
        self.checks: list[Check] = []
        self.rows: list[Row] = []
        self.start: dict[str, dict[str, float]] = {}
        self.ceilings: dict[str, float] = {}
        self.scaling: list = []
        self.earlier: str = ""
        if options.beside:
            self._take(json.loads(options.beside.read_text(encoding="utf-8")))

    def _take(self, earlier: dict) -> None:
        """Begin with what an earlier run measured and this one is not asked for."""
        from benchmarks.work import Work

        tasks = set(AIMS) - set(self.options.only)
        self.rows += [
            Row(**row | {"work": Work(**row["work"])})
            for row in earlier["rows"]
            if row["task"] in tasks
        ]
        for check in (Check(**values) for values in earlier["checks"]):
            task = next((name for name in AIMS if f": {name}," in check.what), SAMPLES)
            if check.what == PRINTED:
                task = "published fits"
            if task in tasks or (task == SAMPLES and SAMPLES not in self.options.only):
                self.checks.append(check)
        self.earlier = f"{earlier['date']}, {earlier['card']}, {earlier['processor']}"

    def run(self) -> "Benchmark":
        """Do all that there is time for; what was done is on the page even if the rest fails."""
        from benchmarks.cores import Cores

        with Cores(self.cores) as cores:
            self.cpu = cores
            # While this process compiles kernels, others compile what the CPU engines need.
            cores.start(compile_on_cpu, KINDS)
            for part in self._parts():
                try:
                    part()
                except Exception as error:
                    # A part that fails is told, and does not take the others with it.
                    self.checks.append(Check(part.__name__.strip("_"), 0, 1, f"failed: {error!r}"))
                    print(f"{part.__name__.strip('_')} failed:", file=sys.stderr)
                    traceback.print_exc()
                self.write()
        print(self.page())
        return self

    def _parts(self) -> Iterator[Callable[[], None]]:
        yield from (self._start, self._ceilings)
        if SAMPLES in self.options.only:
            yield from (self._sample_of_fits, self._sample_of_models, self._sample_of_estimates)
            yield self._sample_of_known
        parts = {
            "published fits": self._published,
            "models": self._models,
            "estimates": self._estimates,
            "all fits": self._all_fits,
        }
        yield from (part for name, part in parts.items() if name in self.options.only)
        yield from (self._cached, self._scaling)

    def _start(self) -> None:
        self.start["here, compiled code kept or not"] = start_up(self.options.device)
        self._say("started")

    def _ceilings(self) -> None:
        if self.options.device == "cpu":
            return
        from benchmarks.ceilings import ceilings

        self.ceilings = ceilings(1 if self.options.tiny else 5)
        self._say("ceilings")

    def _sample_of_fits(self) -> None:
        """Compare a short fit of every kind on both devices, and alone with among others."""
        from benchmarks import tasks

        fits = tasks.sample_of_fits(self.config, self.sizes.iterations)
        if self.options.tiny:
            fits = [_small(fit) for fit in fits[:3]]
        made = self._both("fits of every recipe and image", tasks.fit, _fit, fits)
        self._alone("fits", tasks.fit, fits, made)

    def _sample_of_models(self) -> None:
        from benchmarks import tasks

        models = tasks.sample_of_models(self.config, self.sizes.epochs, self.sizes.seeds)
        what = "models on patterns, on values that do not repeat, in mini-batches"
        self._alone("models", tasks.train, models, self._both(what, tasks.train, _train, models))

    def _sample_of_estimates(self) -> None:
        from benchmarks import tasks
        from lgi.engines import on

        config, sizes = self.config, self.sizes
        with on("cpu"):
            models = tasks.train(tasks.sample_of_models(config, 2, sizes.seeds))
        cases = tasks.sample_of_estimates(config, models, sizes.draws, sizes.chains)
        if self.options.tiny:
            cases = [_one_epoch(case) for case in cases[:: len(models)]]
        made = self._both("estimates by every sampler", tasks.estimate, _estimate, cases)
        self._alone("estimates", tasks.estimate, cases, made)

    def _sample_of_known(self) -> None:
        from benchmarks import tasks

        known = tasks.sample_of_known(self.config, self.sizes.draws, 3)
        if self.options.tiny:
            known["names"] = known["names"][:1]
        self._both("known answers", lambda each: [tasks.answer(each[0])], tasks.answer, [known])

    def _both(self, what: str, on_gpu: Callable, on_cpu: Callable, items: Sequence) -> list:
        """Do the same on both devices, the CPU while kernels are compiled, and compare."""
        waiting = self.cpu.start(on_cpu, items)
        made = self._gpu(on_gpu, items)
        self._check(f"GPU and CPU: {what}", made, [get() for get in waiting])
        return made

    def _alone(self, what: str, work: Callable, items: Sequence, made: Sequence) -> None:
        """Compare runs among others with a third of them in another order, and with one alone."""
        some = list(range(len(items)))[::-3]
        self._check(
            f"GPU: {what} among others and among fewer, in another order",
            self._gpu(work, [items[i] for i in some]),
            [made[i] for i in some],
        )
        self._check(f"GPU: {what} among others and alone", self._gpu(work, items[:1]), made[:1])

    def _published(self) -> None:
        from benchmarks import tasks, work

        runs = tasks.published_fits(self.config)
        if self.options.tiny:
            runs = [_small(run) for run in runs[:2]]
        made = self._row("published fits", f"{len(runs)} fits", tasks.fit, _fit, runs, work.fit)
        if not self.options.tiny:
            self.checks.append(published_losses(made))
            self._say(self.checks[-1])

    def _all_fits(self) -> None:
        from benchmarks import tasks, work

        runs = tasks.all_fits(self.config)
        if self.options.tiny:
            runs = [_small(run) for run in runs[:2]]
        if self.clock.allows(60, "all fits"):
            some = self._as_time_allows(runs)
            what = f"{len(runs):,} fits" + (
                f", {len(some):,} of them" if len(some) < len(runs) else ""
            )
            self._row("all fits", what, tasks.fit, _fit, some, work.fit)

    def _as_time_allows(self, runs: list[dict]) -> list[dict]:
        """Return the runs, or every so many where the published ones say that all take too long."""
        published = next((row for row in self.rows if row.task == "published fits"), None)
        if published is None or self.options.tiny:
            return runs
        iterations = sum(run["recipe"].iterations for run in runs)
        seconds = published.gpu * iterations / (73 * 10_000)
        stride = math.ceil(seconds / max((self.clock.left - 60) / 2, 1))
        if stride > 1:
            self.clock.skipped.append(f"all but every {stride}th of all fits")
        return runs[::stride]

    def _models(self) -> None:
        from benchmarks import tasks, work

        runs = tasks.all_models(self.config)
        if self.options.tiny:
            runs = [_short(run) for run in runs[:2]]
        if not self.clock.allows(30, "models"):
            return
        patterns = {}

        def of_run(arrays, record):
            key = record["samples"], record["sparsity"]
            if key not in patterns:
                patterns[key] = tasks.patterns_of(record)
            return work.training(arrays, record, patterns[key])

        models = sum(len(run["seeds"]) for run in runs)
        what = f"{models:,} models × {runs[0]['training'].epochs:,} epochs"
        self.trained = self._row("models", what, tasks.train, _train, runs, of_run)

    def _estimates(self) -> None:
        from benchmarks import tasks, work

        if not self.clock.allows(40, "estimates"):
            return
        if not hasattr(self, "trained"):
            self.trained = self._gpu(tasks.train, tasks.all_models(self.config))
        cases = tasks.all_estimates(self.config, self.trained)
        if self.options.tiny:
            cases = tasks.sample_of_estimates(self.config, self.trained[:1], 6, 2)[1:3]
        patterns = {}
        works = []
        for run, setting in cases:
            key = run.record["samples"], run.record["sparsity"]
            if key not in patterns:
                patterns[key] = tasks.patterns_of(run)
            epochs = setting.epochs.among(run["epoch"].tolist())
            counts = patterns[key].repeat(len(epochs))
            hidden, features = run["W"].shape[2:]
            works.append(work.estimates(setting, counts, hidden, features))
        models = sum(len(setting.epochs.among(run["epoch"].tolist())) for run, setting in cases)
        models *= len(self.trained[0][1]["seeds"])
        self._row(
            "estimates",
            f"{models:,} estimates, 4 settings",
            tasks.estimate,
            _estimate,
            cases,
            lambda *_: None,
            works,
        )

    def _row(self, task, what, on_gpu, on_cpu, items, work_of, works=None) -> list:
        """Time a task on both devices, compare what it made, and return it."""
        first, made = _seconds(lambda: self._gpu(on_gpu, items))
        self._say(f"{task}: first call {first:.2f} s")
        seconds = []
        while len(seconds) < self.sizes.repeats and (
            self.clock.left > 3 * first + self.sizes.cpu_seconds or (not seconds and first < 20)
        ):
            seconds.append(_seconds(lambda: self._gpu(on_gpu, items))[0])
        if self.options.profile:
            self._profile(task, on_gpu, items)
        works = works or [work_of(*one) for one in made]
        total = sum(works[1:], works[0])
        self._say(f"{task}: {median(seconds or [first]):.2f} s; the CPU now")
        cpu, how, chosen, theirs = self._on_cores(on_cpu, items, works)
        self.rows.append(
            Row(task, what, first, median(seconds or [first]), len(seconds), cpu, how, total)
        )
        self._check(
            f"GPU and CPU: {task}, {len(chosen):,} of {len(items):,}",
            [made[i] for i in chosen],
            theirs,
        )
        return made

    def _on_cores(self, on_cpu, items, works) -> tuple[float, str, list[int], list]:
        """Return the CPU's seconds, how they were had, and which items it made."""
        costs = [one.fp32 + one.fp64 for one in works]
        order = sorted(range(len(items)), key=lambda i: -costs[i])
        pilot = order[::PILOT] if len(items) > 2 * self.cores else order
        self.cpu.warm(on_cpu, items[order[-1]])
        timed = self.cpu.timed(on_cpu, [items[i] for i in pilot], [costs[i] for i in pilot])
        share = sum(costs[i] for i in pilot) / sum(costs)
        # By CPU seconds: so few runs do not keep all cores busy to the end.
        whole = timed.cpu / share / self.cores
        if len(pilot) == len(items):
            return timed.wall, "all of them", pilot, timed.made
        if whole < min(self.sizes.cpu_seconds, self.clock.left - 20):
            timed = self.cpu.timed(on_cpu, items, costs)
            return timed.wall, "all of them", list(range(len(items))), timed.made
        how = (
            f"from {len(pilot):,} of {len(items):,}, {share:.0%} of the operations, all cores busy"
        )
        return whole, how, pilot, timed.made

    def _cached(self) -> None:
        """Measure the start of a process that finds all code compiled."""
        if not self.clock.allows(25, "the start of a process whose code is compiled"):
            return
        command = [sys.executable, "-m", "benchmarks.gpu", "--start-up"]
        command += ["--device", self.options.device]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=True, encoding="utf-8"
        )
        self.start["another process, compiled code kept"] = json.loads(done.stdout.splitlines()[-1])

    def _scaling(self) -> None:
        """Measure every other size of each axis, as far as time goes."""
        if self.options.tiny or not self.clock.allows(40, "cost against size"):
            return
        from benchmarks import scaling

        axes = [axis._replace(sizes=axis.sizes[-1::-2][::-1]) for axis in scaling.AXES]
        devices = ["cpu", self.options.device] if self.options.device == "cuda" else ["cpu"]
        measured = scaling.measured(
            devices, self.config, axes, repeats=1, go_on=lambda: self.clock.left > 15
        )
        for point in measured:
            self.scaling.append(point)
        if self.clock.left <= 15:
            self.clock.skipped.append("some sizes of cost against size")
        folder = Path(os.environ.get("OUT") or "build")
        scaling.write(
            self.scaling, folder / "scaling.md", folder / "scaling.png", os.getloadavg()[0]
        )

    def _gpu(self, work: Callable, items: Any) -> list:
        from lgi.engines import on

        with on(self.options.device):
            return work(items)

    def _check(self, what: str, ours: Sequence, theirs: Sequence) -> None:
        self.checks.append(compare(what, ours, theirs))
        self._say(self.checks[-1])

    def _profile(self, task: str, work: Callable, items: Sequence) -> None:
        with cProfile.Profile() as profile:
            self._gpu(work, items)
        text = io.StringIO()
        pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(14)
        self._say(f"profile of {task}:\n{text.getvalue()}")

    def _say(self, what: Any) -> None:
        print(f"[{time.time() - BEGAN:5.0f} s] {what}", file=sys.stderr, flush=True)

    def machine(self) -> dict[str, str]:
        """Return what was measured on."""
        from benchmarks.machine import processor, versions
        from lgi import cuda

        return {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "card": "none" if self.options.device == "cpu" else cuda.card(),
            "driver": _driver(),
            "processor": f"{processor()}, {self.cores} processes of one thread",
            "versions": versions(*PACKAGES),
        }

    def write(self) -> None:
        """Write the page, and beside everything measured as JSON a copy of it."""
        folder = Path(os.environ.get("OUT") or "build")
        folder.mkdir(parents=True, exist_ok=True)
        self.options.into.parent.mkdir(parents=True, exist_ok=True)
        for path in {self.options.into, folder / PAGE.name}:
            path.write_text(self.page(), encoding="utf-8")
        names = ("checks", "rows", "start", "ceilings", "scaling")
        values = {name: getattr(self, name) for name in names}
        values["rows"] = [row._asdict() | {"work": row.work._asdict()} for row in self.rows]
        values["checks"] = [check._asdict() for check in self.checks]
        values["scaling"] = [point._asdict() for point in self.scaling]
        values |= self.machine() | {"skipped": self.clock.skipped}
        text = json.dumps(values, indent=1)
        (folder / "cuda_speed.json").write_text(text, encoding="utf-8")

    def page(self) -> str:
        """Return the page of what was measured so far."""
        from benchmarks.cuda_page import page

        return page(self)


def published_losses(made: Sequence) -> Check:
    """Compare best losses with those that the original printed, to the last digit printed.

    Parameters
    ----------
    made
        Fits of the published lists.
    """
    import pandas as pd

    from benchmarks.machine import ROOT

    printed = pd.concat(
        pd.read_csv(ROOT / "published" / name, dtype=str) for name in ("n45_55.csv", "broad.csv")
    )
    found = {
        (str(record["n"]), str(record["seed"])): f"{arrays['loss'].min():.6f}"
        for arrays, record in made
    }
    wrong = [
        f"N = {row.n}: {found.get((row.n, row.seed), 'not run')}, not {row.best_loss}"
        for row in printed.itertuples()
        if found.get((row.n, row.seed)) != row.best_loss
    ]
    return Check(PRINTED, len(printed), len(wrong), "; ".join(wrong[:3]))


def _fit(run: dict):
    from benchmarks.tasks import fit

    return fit([run])[0]


def _train(run: dict):
    from benchmarks.tasks import train

    return train([run])[0]


def _estimate(case: tuple):
    from benchmarks.tasks import estimate

    return estimate([case])[0]


def _small(run: dict) -> dict:
    """Return a fit that numba's simulator does in a second."""
    from lgi.gaussians.fits.settings import GradientCheckerboardImage

    image = GradientCheckerboardImage(kind="gradient_checkerboard", width=17, height=11)
    recipe = run["recipe"].model_copy(update={"iterations": 3, "snapshots": 2})
    return run | {"image": image, "recipe": recipe, "n": 3}


def _short(run: dict) -> dict:
    """Return a training that numba's simulator does in a second."""
    training = run["training"].model_copy(update={"epochs": 3})
    return run | {"training": training, "seeds": run["seeds"][:2]}


def _one_epoch(case: tuple) -> tuple:
    """Return an estimate at the first of its epochs alone."""
    run, setting = case
    first = type(setting.epochs)(at=setting.epochs.at[:1])
    return run, setting.model_copy(update={"epochs": first})


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    made = work()
    return time.perf_counter() - begin, made


def _driver() -> str:
    from lgi import cuda

    if cuda.SIMULATED:
        return "none"
    try:
        command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True, encoding="utf-8"
        )
        return done.stdout.splitlines()[0].strip()
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
