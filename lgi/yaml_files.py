"""YAML files: what they hold, and one over another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lgi.errors import ConfigError


def content_of(path: Path) -> Mapping[str, Any]:
    """Return what a YAML file holds; ConfigError if that is no mapping, or cannot be read."""
    import yaml  # here, since jobs read none

    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: cannot be read as YAML ({reason})") from None
    if not isinstance(content, Mapping):
        raise ConfigError(f"{path}: a mapping is needed at the top")
    return content


def overlaid(below: Any, above: Any) -> Any:
    """Return a value under another: mappings are merged, anything else is replaced whole."""
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return {**below, **{key: overlaid(below.get(key), value) for key, value in above.items()}}
    return above
