"""What a process makes of the runs that share it."""

from types import SimpleNamespace

import pytest

from lgi.errors import DataError
from lgi.jobs import RunsFailedError, outcomes, runs_of


def runs(tmp_path, count):
    return [
        SimpleNamespace(rule="fit", number=n, output=[f"{n}.npz"], log=[tmp_path / f"{n}.log"])
        for n in range(count)
    ]


def one_by_one(*broken):
    """As an engine of the CPU: what comes before the broken one is there."""

    def work(some):
        for run in some:
            if run.number in broken:
                raise DataError(f"{run.number} is broken")
            yield run.number**2

    return work


def at_once(*broken):
    """As one launch for all."""
    return lambda some: list(one_by_one(*broken)(some))


@pytest.mark.parametrize("engine", [one_by_one, at_once])
@pytest.mark.parametrize("broken", [(), (0,), (3,), (0, 4, 8), tuple(range(9))])
def test_a_run_that_fails_takes_no_other_with_it(tmp_path, capsys, engine, broken):
    made, all_runs = {}, runs(tmp_path, 9)

    def make():
        for run, result in outcomes(engine(*broken), all_runs):
            assert run.number not in made
            made[run.number] = result

    if broken:
        with pytest.raises(RunsFailedError, match=f"^{len(broken)} of 9 runs failed: {broken[0]}"):
            make()
    else:
        make()
    assert made == {n: n**2 for n in range(9) if n not in broken}
    logs = {int(path.stem): path.read_text(encoding="utf-8") for path in tmp_path.glob("*.log")}
    assert logs == {n: f"error: {n} is broken\n" for n in broken}
    assert capsys.readouterr().out.count("is broken") == len(broken)


def test_a_run_alone_fails_as_its_job_does(tmp_path):
    with pytest.raises(DataError, match="0 is broken"):
        list(outcomes(at_once(0), runs(tmp_path, 1)))
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_asked_to_end_ends(tmp_path):
    def work(some):
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        list(outcomes(work, runs(tmp_path, 3)))


def test_a_job_of_its_own_is_its_one_run():
    job = SimpleNamespace(params=SimpleNamespace())
    assert runs_of(job) == [job]
    job.params.batch = [{"output": ["a"]}, {"output": ["b"]}]
    assert [run.output for run in runs_of(job)] == [["a"], ["b"]]
