"""Files of a package that are no modules, such as templates and scripts of its pages."""

import hashlib
from functools import cache
from importlib.resources import files


@cache
def fingerprint(package: str) -> str:
    """Return a hash of the files in a package's folder `assets`.

    They are no part of the source that a rule's fingerprint is of, so a result that is made of them
    has this among its settings.
    """
    digest = hashlib.sha256()
    for file in sorted((files(package) / "assets").iterdir(), key=lambda file: file.name):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
