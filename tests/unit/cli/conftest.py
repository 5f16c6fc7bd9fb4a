"""The command line, run in a folder of its own."""

from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from lgi.cli import main
from lgi.provenance import source_fingerprint
from tests.configurations import ROOT, SMOKE_FILE

SMALL = ("--config", str(SMOKE_FILE))


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def lgi(tmp_path, monkeypatch, capsys):
    """A function of arguments to how the command ended."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Done(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def fails(lgi):
    """A function of a code, words and arguments: the command fails in one sentence with them."""

    def check(code, words, *arguments):
        done = lgi(*arguments)
        assert (done.code, done.out) == (code, "")
        last = done.err.splitlines()[-1]
        assert last.startswith("error: ")
        assert words in last
        assert "Traceback" not in done.err

    return check


def job_of_the_workflow(name, output, inputs=None, wildcards=None, **params) -> bytes:
    """Run the script of a job as Snakemake does; return what it makes.

    Parameters
    ----------
    name
        The script.
    output
        The file that it makes.
    inputs, wildcards, **params
        Of the job, by name.
    """
    script = ROOT / "workflow_scripts" / f"{name}.py"
    spec = spec_from_file_location(name, script)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    job = SimpleNamespace(
        rule=name,
        input=SimpleNamespace(**(inputs or {})),
        output=_Output([str(output)]),
        params=SimpleNamespace(source=source_fingerprint(script), asked={}, **params),
        log=[f"{output}.log"],
        config={"device": "cpu"},
        threads=1,
        wildcards=SimpleNamespace(**(wildcards or {})),
    )
    module.main(job)
    return output.read_bytes()


class _Output(list):
    """Of one file, whatever the rule calls it."""

    def __getattr__(self, name):
        return self[0]
