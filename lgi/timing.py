"""How long each part of the workflow took: the table at the end of a run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Job(NamedTuple):
    """A job that a run of the workflow finished; runs that shared a process are one."""

    part: str  # the study that declares its rule, else the rule file, without its ending
    rule: str
    output: str  # its first output
    seconds: float | None  # wall time; None if unknown


def finished_jobs(workflow, studies: Mapping[str, str]) -> list[Job]:
    """Return the jobs that this run of the workflow has finished, in no order.

    Parameters
    ----------
    workflow
        Snakemake's `workflow` object during `onsuccess` or `onerror`.
    studies
        Names of the studies by that of the rules that they declare.

    Returns
    -------
    list of Job
        One for each job with outputs, or for each batch of them (`lgi.batches`); none if outputs
        were only touched (``--touch``).
    """
    if workflow.touch:
        return []
    # Snakemake's cache still holds what it knew of the last job's outputs before that job ended.
    workflow.persistence.deactivate_cache()
    began = workflow.start_time.timestamp()
    processes = defaultdict(list)
    for job in workflow.dag.finished_jobs:
        if job.output:
            processes[workflow.dag.get_job_group(job) or job].append(job)
    return [
        Job(
            part=studies.get(first.rule.name, Path(first.rule.snakefile).stem),
            rule=first.rule.name,
            output=str(first.output[0]),
            # On a cluster the last output is dated by when this process noticed its end.
            seconds=wall_time(
                [workflow.persistence.metadata(path) for job in jobs for path in job.output], began
            )
            if workflow.local_exec or first.is_local
            else None,
        )
        for first, jobs in ((jobs[0], jobs) for jobs in processes.values())
    ]


def wall_time(records: Iterable, began: float) -> float | None:
    """Return the time from a job's start to its last output, in seconds.

    Parameters
    ----------
    records
        What Snakemake recorded of each output (`starttime`, `endtime`, in seconds since 1970), or
        None where it recorded nothing, as with ``--drop-metadata``.
    began
        When the run began, in the same seconds.

    Returns
    -------
    float or None
        None if there is no record, or none of this run: a job whose start was lost has that of an
        earlier run, or a moment after the end.
    """
    times = [(record.starttime, record.endtime) for record in records if record]
    if not times:
        return None
    starts, ends = zip(*times, strict=True)
    if None in starts or None in ends:  # records of another version of Snakemake
        return None
    return max(ends) - min(starts) if began <= min(starts) <= max(ends) else None


def table(jobs: Sequence[Job], elapsed: float) -> str:
    """Return what to print at the end of a run.

    Parameters
    ----------
    jobs
        Jobs of the run.
    elapsed
        Wall time of the run in seconds.

    Returns
    -------
    str
        A row for each part and below it one for each of its rules, slowest first: number of jobs,
        sum of their wall times, share of the sum over all jobs, longest job. Then the longest job
        of all and the wall time of the run. Empty without jobs.
    """
    timed = [job for job in jobs if job.seconds is not None]
    unknown = len(jobs) - len(timed)
    lines = []
    if timed:
        lines += [*_rows(timed), _longest(timed)]
    if unknown:
        lines.append(f"Jobs whose time Snakemake did not record: {unknown}.")
    if jobs:
        lines.append(f"Wall time of this run: {_duration(elapsed)}.")
    return "\n".join(lines)


def _rows(jobs: Sequence[Job]) -> list[str]:
    everything = _sum(jobs)
    rows = []
    for part, of_part in _slowest_first(jobs, "part"):
        rows.append(_cells(part, of_part, everything))
        rows += [
            _cells(f"  {rule}", of_rule, everything)
            for rule, of_rule in _slowest_first(of_part, "rule")
        ]
    return _align(
        [
            ("part and rule", "jobs", "job seconds", "share", "longest"),
            *rows,
            _cells("all", jobs, everything),
        ]
    )


def _slowest_first(jobs: Sequence[Job], field: str) -> list[tuple[str, list[Job]]]:
    """Return the jobs by a field, the group with the largest sum of times first."""
    groups = defaultdict(list)
    for job in jobs:
        groups[getattr(job, field)].append(job)
    return sorted(groups.items(), key=lambda group: (-_sum(group[1]), group[0]))


def _cells(name: str, jobs: Sequence[Job], everything: float) -> tuple[str, ...]:
    seconds = _sum(jobs)
    share = seconds / everything if everything else 0
    longest = max(job.seconds for job in jobs)
    return name, f"{len(jobs)}", f"{seconds:.1f}", f"{share:.1%}", f"{longest:.1f}"


def _align(rows: list[tuple[str, ...]]) -> list[str]:
    """Return the rows as text: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    ]


def _longest(jobs: Sequence[Job]) -> str:
    job = max(jobs, key=lambda job: (job.seconds, job.output))
    return f"Longest job: {_duration(job.seconds)}, {job.output}."


def _sum(jobs: Sequence[Job]) -> float:
    return sum(job.seconds for job in jobs)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s ({seconds / 60:.1f} min)"
