"""Runs that share a process.

Starting a process takes a second or two and many runs take less; a GPU is filled by hundreds. In
the plan each run is a job of its own. What Snakemake compares, records, marks and deletes is
therefore that of the one run, and how runs share processes makes none of them anew. Once it is
known which jobs are to be made, those of a rule are put into batches, Snakemake's group jobs; each
is one process, which runs the rule's script once for all (`lgi.jobs`), and on SLURM one job.
"""

import math
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from snakemake.api import Workflow
from snakemake.dag import DAG
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.executors import local
from snakemake.iocontainers import Params, ResourceList
from snakemake.jobs import GroupJob, Job
from snakemake.logging import logger
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from lgi.environment import number
from lgi.errors import ConfigError

SECONDS = 30.0
"""About how long a process of several runs lasts on the CPU."""
VARIABLE = "LGI_JOB_SECONDS"
"""Environment variable that replaces it."""

LEAST = 5.0
"""Seconds below which no process is made shorter, so that all cores have work."""
PER_CORE = 4
"""Processes that each core is left with at least, so that none waits long for the last one."""

LONGEST = 100_000
"""Letters that the command of a SLURM job may have to name its runs: Linux takes 131,072."""
TOLD = 5
"""Failed runs of a batch whose logs are shown."""

Item = TypeVar("Item")


class Sharing(NamedTuple):
    """How jobs share processes."""

    seconds: Mapping[str, Callable[[Mapping[str, str]], float]]
    """By rule: about how long a run lasts on one core of the CPU, from its wildcards. Jobs of
    other rules have processes of their own."""
    most: int
    """Runs that share a process at most."""
    on_card: frozenset[str] = frozenset()
    """Rules whose jobs are known to run on a GPU: their time is no bound."""
    kinds: Mapping[str, str] = MappingProxyType({})
    """By rule: what its jobs are called. Jobs of one kind have one script and share processes also
    where they are of several rules; of other rules their name is their kind."""


def job_seconds() -> float:
    """Return about how long a process of several runs lasts.

    Raises
    ------
    ConfigError
        If the environment variable `VARIABLE` is no number of seconds.
    """
    seconds = number(VARIABLE, SECONDS)
    if not 0 <= seconds < math.inf:
        text = os.environ[VARIABLE]
        raise ConfigError(f"{VARIABLE}: must be a number of seconds, 0 or more; found {text!r}")
    return seconds


def parted(
    items: Iterable[tuple[Item, float, int]], seconds: float, most: int, longest: int
) -> list[list[Item]]:
    """Return items in parts, in their order.

    Parameters
    ----------
    items
        Each with how long it lasts, in seconds, and how many letters name it.
    seconds, most, longest
        What a part may last, how many items it may hold, and how many letters may name them. An
        item that lasts longer has a part of its own.
    """
    parts: list[list[Item]] = []
    last, letters = 0.0, 0
    for item, each, named in items:
        last, letters = last + each, letters + named
        if not parts or last > seconds or len(parts[-1]) == most or letters > longest:
            parts.append([])
            last, letters = each, named
        parts[-1].append(item)
    return parts


def share(workflow: Workflow, sharing: Callable[[], Sharing]) -> None:
    """Let jobs of a workflow share processes.

    Parameters
    ----------
    workflow
        Snakemake's `workflow` object, while its Snakefile is read.
    sharing
        Says which jobs, and how, once the plan stands.
    """
    group, ready, run = DAG.update_groups, DAG._ready, local.Executor.run_job

    def update_groups(dag: DAG) -> None:
        for job in [job for job, batch in dag._group.items() if isinstance(batch, Batch)]:
            job.group = None
        group(dag)
        if dag.workflow.touch:
            return
        if workflow.local_exec and "gpu" not in workflow.global_resources:
            workflow.register_resource("gpu", 1)  # unless the command line says otherwise
        batches = list(_batches(dag, sharing(), job_seconds()))
        if workflow.is_main_process and batches:
            logger.info(_said(batches))
        if dag.workflow.dryrun:  # which shows the runs one by one
            return
        for batch in batches:
            for job in batch.jobs:
                job.group, dag._group[job] = batch.groupid, batch

    def is_ready(dag: DAG, job: Job) -> bool:
        batch = dag._group.get(job)
        return batch.is_ready() if isinstance(batch, Batch) else ready(dag, job)

    def run_job(executor: local.Executor, job: Any) -> None:
        if isinstance(job, Batch):
            _run(executor, job)
        else:
            run(executor, job)

    DAG.update_groups, DAG._ready, local.Executor.run_job = update_groups, is_ready, run_job


class Batch(GroupJob):
    """Jobs of one script that one process runs; a run that fails takes no other with it.

    Parameters
    ----------
    name
        Of the batch.
    kind
        What its jobs are called: the name of their rule, if they have one.
    jobs
        Two or more.
    seconds
        About how long all of them last, one after the other on one core.
    """

    def __init__(self, name: str, kind: str, jobs: Sequence[Job], seconds: float) -> None:
        super().__init__(name, tuple(jobs), None)
        self._kind, self._seconds = kind, seconds
        self._cleared = self._registered = self._is_ready = False
        self.finalize()

    # Jobs leave it as they finish, and it stays the same for the scheduler.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def finalize(self) -> None:
        """Keep the order of its jobs: none depends on another."""
        self._toposorted = [list(self.jobs)]

    @property
    def name(self) -> str:
        """What its jobs are called."""
        return self._kind

    def is_ready(self) -> bool:
        """Tell whether all that its jobs need is made."""
        waiting = self.dag._n_until_ready
        self._is_ready = self._is_ready or all(waiting[job] == 0 for job in self.jobs)
        return self._is_ready

    def reset_params_and_resources(self) -> None:
        """Keep them: neither depends on what its inputs hold."""

    @property
    def resources(self) -> ResourceList:
        """What its most demanding job asks for, with time for all."""
        if self._resources is None:
            asked = [job.resources for job in self.jobs]
            found = dict(max(asked, key=lambda one: one.get("mem_mb", 0)).items())
            found["_cores"] = max(one["_cores"] for one in asked)
            minutes = [one.get("runtime") for one in asked]
            if all(isinstance(one, int) for one in minutes):
                # Each has room for itself already.
                others = self._seconds * (1 - 1 / len(asked))
                found["runtime"] = max(minutes) + self.attempt * math.ceil(4 * others / 60)
            self._resources = found
        return ResourceList(fromdict=self._resources)

    def log_info(self) -> None:
        """Say in one line what begins."""
        if len(self) == 1:  # the others have finished
            self.jobs[0].log_info()
            return
        first, last = self.jobs[0].output[0], self.jobs[-1].output[0]
        logger.info(f"{self.name}: {len(self)} runs in one process, {first} ... {last}")

    def log_error(self, msg: str | None = None, aux_logs: list | None = None, **given) -> None:
        """Tell which of its runs failed, each with its log."""
        failed = [job for job in self.jobs if not self.has_made(job)]
        logger.error(f"{len(failed)} of {len(self)} runs of {self.name} in one process failed.")
        # Where the process was ended there is one log, that of the batch.
        logs = [log for job in self.jobs[:1] for log in job.log]
        told = [job for job in failed if all(Path(log).exists() for log in job.log)]
        for job in told[:TOLD]:
            job.log_error(msg, aux_logs=aux_logs, **given)
        if failed and not told:
            failed[0].log_error(msg, aux_logs=[*logs, *(aux_logs or [])], **given)

    def has_made(self, job: Job) -> bool:
        """Tell whether a job of this batch, which has ended, made all its files."""
        if not all(os.path.exists(path) for path in job.output):
            return False
        if self._cleared or not self._registered:  # is none of what was there before
            return self._cleared
        # Whoever ran it elsewhere took its mark away when it was recorded (`lgi.sessions`).
        persistence = self.dag.workflow.persistence
        persistence.deactivate_cache()
        return not persistence._filter_incomplete_keys(map(str, job.output))

    async def postprocess(self, error: bool = False, **given) -> None:
        """Record what was made, also where other runs of the batch failed."""
        if not error:
            for job in self.jobs:
                await job.postprocess(**given)
            return
        failed = []
        for job in self.jobs:
            # One is left to have failed, whatever the process died of.
            if (failed or job is not self.jobs[-1]) and await self._is_kept(job):
                # As if it had been a job of its own.
                self.dag._running.add(job)
                await self.dag.finish(job)
                self.dag.workflow.scheduler.finished_jobs += 1
            else:
                await job.postprocess(error=True, **given)
                failed.append(job)
        self._jobs, self._cleared, self._registered = tuple(failed), False, False
        self._input = self._output = self._log = self._all_products = None
        self.finalize()

    async def _is_kept(self, job: Job) -> bool:
        if not self.has_made(job):
            return False
        try:
            await job.postprocess()
        except (RuleException, WorkflowError):
            return False
        return True

    def register(self, external_jobid: str | None = None) -> None:
        """Mark what its jobs make as incomplete."""
        super().register(external_jobid=external_jobid)
        self._registered = True

    def clear(self) -> None:
        """Remove what its jobs made before, and their logs."""
        for job in self.jobs:
            self.dag.workflow.async_run(job.prepare())
            for log in job.log:
                Path(log).unlink(missing_ok=True)
        self._cleared = True


def _batches(dag: DAG, sharing: Sharing, seconds: float) -> Iterator[Batch]:
    """Yield the batches of what is to be made."""
    workflow = dag.workflow
    found = defaultdict(list)
    level = _levels(dag)
    for job in dag.needrun_jobs():
        if job.group is None and (rule := job.rule.name) in sharing.seconds:
            found[sharing.kinds.get(rule, rule), level(job), job.threads].append(job)
    for (kind, depth, _), jobs in found.items():
        jobs.sort(key=lambda job: job.output[0])
        lasting = {job: sharing.seconds[job.rule.name](job.wildcards) for job in jobs}
        most = sharing.most
        if not workflow.is_main_process:  # one process, as was planned
            bound = most = math.inf
        elif jobs[0].rule.name in sharing.on_card:
            bound = math.inf
        else:
            bound = _bound(seconds, sum(lasting.values()), workflow)
        longest = LONGEST if workflow.non_local_exec else math.inf
        items = [(job, lasting[job], _letters(job)) for job in jobs]
        for number_, part in enumerate(parted(items, bound, most, longest)):
            if len(part) > 1:
                yield Batch(f"{kind}_{depth}_{number_}", kind, part, sum(map(lasting.get, part)))


def _levels(dag: DAG) -> Callable[[Job], int]:
    """Return the function that says how many steps of what is to be made come before a job.

    Jobs of one level do not need one another, nor do batches of them.
    """

    @cache
    def level(job: Job) -> int:
        return max((1 + level(one) for one in dag.dependencies[job] if dag.needrun(one)), default=0)

    return level


def _bound(seconds: float, work: float, workflow: Workflow) -> float:
    """Return how long a process may last, so that so many seconds of work keep all cores busy."""
    if workflow.non_local_exec or not workflow.cores:
        return seconds
    return min(seconds, max(work / (PER_CORE * workflow.cores), LEAST))


def _letters(job: Job) -> int:
    """Return how many letters name a job in a command."""
    names = job.wildcards_dict.items()
    return len(job.rule.name) + sum(len(f"{name}={value}") + 5 for name, value in names)


def _said(batches: Sequence[Batch]) -> str:
    runs, processes = Counter(), Counter(batch.name for batch in batches)
    for batch in batches:
        runs[batch.name] += len(batch)
    told = (f"{runs[name]} of {name} in {processes[name]}" for name in sorted(processes))
    return f"Runs that share processes: {', '.join(told)}."


def _run(executor: local.Executor, batch: Batch) -> None:
    """Start the process of a batch, as Snakemake starts that of a job."""
    batch.clear()
    rule, input_, _, _, wildcards, threads, resources, *rest = executor.job_args_and_prepare(
        batch.jobs[0]
    )
    runs = [
        {
            "rule": job.rule.name,
            "input": job.input._plainstrings(),
            "output": job.output._plainstrings(),
            "params": job.params,
            "wildcards": job.wildcards,
            "log": job.log._plainstrings(),
        }
        for job in batch.jobs
    ]
    outputs = batch.jobs[0].output._plainstrings()
    given = (rule, input_, outputs, Params(fromdict={"batch": runs}), wildcards, threads, resources)
    future = executor.pool.submit(local.run_wrapper, *given, *rest)
    info = SubmittedJobInfo(job=batch)
    future.add_done_callback(partial(executor._callback, info))
    executor.report_job_submission(info)
