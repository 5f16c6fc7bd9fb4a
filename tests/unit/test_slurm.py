"""What a run on SLURM needs, without one."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from lgi.errors import ClusterError
from lgi.slurm import check_accounting, outlast_outages


def plugin(answers):
    """Return a stand-in for the plugin, and what it was asked."""
    asked = []

    async def query_job_status(command, logger):
        asked.append(command)
        return answers.pop(0)

    found = SimpleNamespace(
        query_job_status=query_job_status,
        query_job_status_squeue=lambda name: f"squeue --name {name}",
    )
    return found, asked


@pytest.mark.parametrize(
    ("said", "asked"), [("squeue", "squeue --name lgi_1"), ("sacct", "sacct --name lgi_1")]
)
def test_slurm_is_asked_by_the_same_command_until_it_answers(said, asked, caplog):
    answer = ({"7": "COMPLETED"}, 0.1)
    found, commands = plugin([(None, None), (None, None), answer])
    outlast_outages(found, said, pause=0)
    question = found.query_job_status("sacct --name lgi_1", logging.getLogger())
    assert asyncio.run(question) == answer
    assert commands == [asked] * 3
    assert caplog.text.count(f"SLURM does not answer `{said}`") == 2


@pytest.mark.parametrize("code", [0, 1])
def test_a_cluster_without_accounting_is_refused(code, monkeypatch, tmp_path):
    sacct = tmp_path / "sacct"
    sacct.write_text(f"#!/bin/sh\necho accounting is disabled >&2\nexit {code}\n", encoding="utf-8")
    sacct.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    if code:
        with pytest.raises(ClusterError, match=r"accounting is disabled.*status-command squeue"):
            check_accounting()
    else:
        check_accounting()
