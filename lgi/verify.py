"""Read every run file, table and trace below a folder: ``python -m lgi.verify results``."""

import sys
from collections.abc import Iterator
from pathlib import Path

from lgi.engines import load
from lgi.errors import RunFileError
from lgi.making import READERS

_READERS = READERS | {".npz": "lgi.runs:read_run"}


def damaged(folder: str | Path) -> Iterator[str | None]:
    """Yield for every file below a folder that has a checksum None, or why it is not whole."""
    for path in sorted(Path(folder).rglob("*")):
        # Hidden are those that are being written.
        if path.suffix in _READERS and not path.name.startswith("."):
            try:
                load(_READERS[path.suffix])(path)
            except RunFileError as error:
                yield str(error)
            else:
                yield None


def main(folders: list[str]) -> int:
    """Print what is damaged below some folders; return 1 if anything is, or nothing is there."""
    found = [error for folder in folders for error in damaged(folder)]
    bad = [error for error in found if error]
    print(*bad, f"{len(found)} files, {len(bad)} not whole", sep="\n")
    return int(bool(bad) or not found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
