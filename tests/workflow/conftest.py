"""Run the real Snakemake on this workflow in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SMOKE = ROOT / "tests" / "config" / "smoke.yaml"


class Laboratory:
    """A working folder beside the repository's code, with the smoke configuration and overlays."""

    def __init__(self, folder: Path):
        self.folder = folder

    def snakemake(self, *arguments, overlays=(), base=SMOKE, cores=2, check=True, env=None):
        """Run snakemake; return the completed process with all output in .stdout."""
        files = [base] if base else []
        for number, overlay in enumerate(overlays):
            files.append(self.folder / f"overlay{number}.yaml")
            files[-1].write_text(overlay if isinstance(overlay, str) else yaml.safe_dump(overlay))
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
            *(["--configfile", *files] if files else []),
            *("--directory", self.folder, "--cores", str(cores)),
            *arguments,
        ]
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert not check or done.returncode == 0, done.stdout
        return done

    def files(self) -> dict[str, bytes]:
        """Return every result with its bytes."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted((self.folder / "results").rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def laboratory(tmp_path):
    return Laboratory(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder in which the whole smoke workflow has run once. Tests must leave it as it is."""
    laboratory = Laboratory(tmp_path_factory.mktemp("smoke"))
    laboratory.log = laboratory.snakemake().stdout
    return laboratory
