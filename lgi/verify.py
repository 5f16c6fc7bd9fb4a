"""Read every run file, table and trace below a folder: ``python -m lgi.verify results``."""

import sys
from collections.abc import Iterator
from pathlib import Path

from lgi.catalogue import ROOT
from lgi.engines import load
from lgi.errors import RunFileError
from lgi.making import READERS
from lgi.runs import AGAIN
from lgi.schema.check import problem_of

_READERS = READERS | {".npz": "lgi.runs:read_run"}


def damaged(folder: str | Path) -> Iterator[str | None]:
    """Yield for every file below a folder that has a checksum None, or why it is not whole.

    A table is also held against the columns that are declared for its place.
    """
    for path in sorted(Path(folder).rglob("*")):
        # Hidden are those that are being written.
        if path.suffix in _READERS and not path.name.startswith("."):
            try:
                content = load(_READERS[path.suffix])(path)
            except RunFileError as error:
                yield str(error)
                continue
            place = Path(ROOT) / path.relative_to(folder)
            problem = problem_of(place, content) if path.suffix == ".csv" else ""
            yield f"{path}: {problem}; {AGAIN}" if problem else None


def main(folders: list[str]) -> int:
    """Print what is damaged below some folders; return 1 if anything is, or nothing is there."""
    found = [error for folder in folders for error in damaged(folder)]
    bad = [error for error in found if error]
    print(*bad, f"{len(found)} files, {len(bad)} not whole", sep="\n")
    return int(bool(bad) or not found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
