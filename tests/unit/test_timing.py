"""The table of times counts each job once, sorts by time and says what it does not know."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from lgi.timing import Job, finished_jobs, table, wall_time

JOBS = [
    Job("llc", "collect_llc", "results/tables/llc.csv", 1.0),
    Job("gaussians", "fit_gaussians", "results/gaussians/a.npz", 2.0),
    Job("gaussians", "plot_fit", "results/figures/a.png", 4.5),
    Job("gaussians", "fit_gaussians", "results/gaussians/b.npz", 112.5),
    Job("llc", "estimate_llc", "results/llc/a.csv", 30.0),
]
TABLE = """\
part and rule    jobs  job seconds   share  longest
gaussians           3        119.0   79.3%    112.5
  fit_gaussians     2        114.5   76.3%    112.5
  plot_fit          1          4.5    3.0%      4.5
llc                 2         31.0   20.7%     30.0
  estimate_llc      1         30.0   20.0%     30.0
  collect_llc       1          1.0    0.7%      1.0
all                 5        150.0  100.0%    112.5
Longest job: 112 s (1.9 min), results/gaussians/b.npz.
Wall time of this run: 80.2 s."""


def test_the_table_of_known_times():
    assert table(JOBS, elapsed=80.25) == TABLE


def test_the_order_of_jobs_does_not_matter():
    assert table(JOBS[::-1], elapsed=80.25) == TABLE


def test_without_jobs_nothing_is_said():
    assert table([], elapsed=3.0) == ""


def test_jobs_without_times_are_counted_apart():
    unknown = [Job("llc", "estimate_llc", "results/llc/b.csv", None)] * 2
    lines = table([*JOBS, *unknown], elapsed=80.25).splitlines()
    assert lines[:-2] == TABLE.splitlines()[:-1]
    assert lines[-2:] == [
        "Jobs whose time Snakemake did not record: 2.",
        "Wall time of this run: 80.2 s.",
    ]
    assert table(unknown, elapsed=600.0).splitlines() == [
        "Jobs whose time Snakemake did not record: 2.",
        "Wall time of this run: 600 s (10.0 min).",
    ]


def test_jobs_that_take_no_time_have_no_share():
    lines = table([Job("part", "rule", "path", 0.0)], 1.0).splitlines()
    assert lines[3].split() == ["all", "1", "0.0", "0.0%", "0.0"]


def recorded(start, end):
    return SimpleNamespace(starttime=start, endtime=end)


@pytest.mark.parametrize(
    ("records", "seconds"),
    [
        ([recorded(110.0, 112.5)], 2.5),
        ([recorded(110.0, 111.0), recorded(110.5, 114.0)], 4.0),
        ([None, recorded(110.0, 112.5)], 2.5),
        ([None, None], None),
        ([], None),
        ([recorded(None, 112.5)], None),
        ([recorded(110.0, 112.5), recorded(110.0, None)], None),
        ([recorded(90.0, 112.5)], None),
        ([recorded(113.0, 112.5)], None),
    ],
    ids=[
        "one output",
        "two outputs are one job",
        "one of two outputs recorded",
        "metadata dropped",
        "no outputs",
        "no start",
        "no end",
        "start of an earlier run",
        "start after the end",
    ],
)
def test_the_wall_time_of_a_job(records, seconds):
    assert wall_time(iter(records), began=100.0) == seconds


class Workflow:
    """What the table asks of Snakemake's workflow object."""

    start_time = datetime.fromtimestamp(100.0)
    touch = False
    local_exec = True

    def __init__(self, *jobs):
        self.records = {}
        self.batches = {}
        self.dag = SimpleNamespace(
            finished_jobs=list(map(self.job, jobs)),
            get_job_group=lambda job: self.batches.get(job.output[0]),
        )
        self.persistence = SimpleNamespace(metadata=self.records.get, deactivate_cache=lambda: None)

    def job(self, outputs):
        self.records.update(dict.fromkeys(outputs, recorded(110.0, 112.5)))
        name = "plot_fit" if outputs and outputs[0].endswith(".png") else "fit"
        rule = SimpleNamespace(name=name, snakefile="/lab/rules/gaussians.smk")
        return Finished(rule, outputs, name == "plot_fit")


class Finished:
    def __init__(self, rule, output, is_local):
        self.rule, self.output, self.is_local = rule, output, is_local


def test_jobs_are_found_under_the_study_that_declares_their_rule_or_its_file():
    workflow = Workflow(["a.npz"], ["b.png", "b.svg"])
    assert finished_jobs(workflow, {"plot_fit": "pictures"}) == [
        Job("gaussians", "fit", "a.npz", 2.5),
        Job("pictures", "plot_fit", "b.png", 2.5),
    ]


def test_the_time_of_a_job_on_a_cluster_is_unknown():
    workflow = Workflow(["a.npz"], ["b.png"])
    workflow.local_exec = False
    assert [job.seconds for job in finished_jobs(workflow, {})] == [None, 2.5]


def test_runs_that_shared_a_process_are_one_job():
    workflow = Workflow(["a.npz"], ["b.npz"], ["c.npz"])
    workflow.batches = {"a.npz": "batch", "b.npz": "batch"}
    workflow.records["b.npz"] = recorded(110.0, 114.0)
    found = finished_jobs(workflow, {})
    assert [(job.output, job.seconds) for job in found] == [("a.npz", 4.0), ("c.npz", 2.5)]


def test_groups_of_targets_are_no_jobs():
    assert finished_jobs(Workflow([], ["a.npz"]), {}) == finished_jobs(Workflow(["a.npz"]), {})
    assert finished_jobs(Workflow([]), {}) == []


def test_touching_files_is_no_job():
    workflow = Workflow(["a.npz"])
    workflow.touch = True
    assert finished_jobs(workflow, {}) == []
