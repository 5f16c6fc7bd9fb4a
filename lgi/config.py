"""The whole configuration: a section for each study, checked at once before anything runs."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, create_model

from lgi.catalogue import ROOT, copies
from lgi.errors import ConfigError, listed, shown, word
from lgi.settings import Settings, at_least, inherited, references, sections
from lgi.shipped import CONFIGURATION, shipped
from lgi.studies import STUDIES
from lgi.yaml_files import content_of, overlaid


def _copied_apart(paths: list[str]) -> list[str]:
    copies(paths)
    return paths


Shown = Annotated[
    str,
    Field(
        pattern=rf"^{ROOT}([a-zA-Z0-9_][a-zA-Z0-9_.]*/)+[a-zA-Z0-9_][a-zA-Z0-9_.]*\.(png|gif|md|csv)$"
    ),
]
"""A picture or text that the workflow makes: its name, and that of its copy, lead nowhere else."""


MOST = 40
"""Problems that a message tells one by one."""


class _Common(Settings):
    """What belongs to no study."""

    device: Literal["auto", "cpu", "cuda"]
    runs_per_job: Annotated[int, at_least(1, 10_000)]
    gallery: Annotated[list[Shown], AfterValidator(_copied_apart)]


if TYPE_CHECKING:

    class Config(_Common):
        """The whole of config.yaml, to a checker: a section of it is anything."""

        def __getattr__(self, section: str) -> Any: ...

else:
    Config = create_model(
        "Config",
        __base__=_Common,
        __doc__="The whole of config.yaml; a study without a section does not run.",
        **{study.name: (study.settings | None, None) for study in STUDIES},
    )


def check(
    raw: Mapping[str, Any], files: Sequence[tuple[str | Path, Mapping[str, Any]]] = ()
) -> Config:
    """Turn the merged YAML into a checked configuration.

    Parameters
    ----------
    raw
        What Snakemake read from config.yaml and its overlays.
    files
        Folder and content of each of these, the later over the earlier: a path is relative to the
        folder of the last that states it, or else to the working folder.

    Returns
    -------
    Config
        The typed configuration.

    Raises
    ------
    ConfigError
        If anything is not allowed. All problems are reported together, each with its place in the
        file, the value found and what is allowed.
    """
    config: Config | None = None
    problems: list[str] = []
    raw, unresolved = _resolved(raw, problems)
    raw = _located(raw, files)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        found = (_problem(item, raw) for item in error.errors())
        # Entries without what they take from others would all be said to lack it.
        problems += [problem for problem in found if not problem.startswith(unresolved)]
    problems += [*_truths(raw), *_unknown(raw), *_incomplete(problems)]
    # What takes no memory comes first: what is no name, what cannot be held, what does not fit.
    for asked in ("needs", "problems"):
        if config is not None and not problems:
            problems += _asked(config, asked)
    if config is None or problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        more = len(problems) - MOST
        told = problems if more <= 0 else [*problems[:MOST], f"... and {more} more"]
        raise ConfigError("\n  ".join([f"the configuration has {count}:", *told]))
    return config


def read_config(*files: str | Path, changes: Mapping[str, Any] = MappingProxyType({})) -> Config:
    """Return the checked configuration of lgi, with others over it.

    Parameters
    ----------
    *files
        YAML files laid over config.yaml in turn, as `snakemake --configfile` does: mappings are
        merged, all else is replaced whole.
    changes
        The same over all of them; its paths are relative to the working folder.

    Returns
    -------
    Config
        Sections and values as attributes: ``read_config().gaussians.recipes["exact"]``.

    Raises
    ------
    ConfigError
        If a file cannot be read or states a key twice, or anything is not allowed: all problems,
        each with its place.
    """
    paths = [shipped(CONFIGURATION), *map(Path, files)]
    stated: list[tuple[str | Path, Any]] = [(path.parent, content_of(path)) for path in paths]
    for path in paths:
        check_keys(path)
    stated.append((os.curdir, changes))
    merged: Any = {}
    for _, content in stated:
        merged = overlaid(merged, content)
    return check(merged, stated)


def check_keys(path: str | Path) -> None:
    """Raise ConfigError if a mapping of a YAML file states a key twice: the last would win."""
    import yaml  # here, since jobs have no YAML to read

    text = Path(path).read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    problems, seen, nodes = [], set(), [("", yaml.compose(text, Loader=loader))]
    while nodes:
        place, node = nodes.pop(0)
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        lines: dict[str, int] = {}
        for index, item in enumerate(node.value):
            key, value = item if isinstance(node, yaml.MappingNode) else (None, item)
            name = word(key.value) if isinstance(key, yaml.ScalarNode) else str(index)
            inside = f"{place}.{name}".removeprefix(".")
            nodes.append((inside, value))
            if key is not None and name in lines and name != "<<":
                line = key.start_mark.line + 1
                problems.append(f"{inside}: stated in line {lines[name]} and in line {line}")
            elif key is not None:
                lines[name] = key.start_mark.line + 1
    if problems:
        raise ConfigError("\n  ".join([f"{path}: keys are stated twice:", *problems[:MOST]]))


def _asked(config: Config, asked: Literal["needs", "problems"]) -> Iterator[str]:
    """Yield what the sections of a configuration need and nothing has, or do not fit to."""
    for place, section in sections(config):
        if asked == "problems":
            found = section.problems(config)
        else:
            found = ((need.place, need.problem) for need in section.needs(config) if need.problem)
        for inside, problem in found:
            yield f"{place}{'.' if inside and place else ''}{inside}: {problem}"


def _resolved(
    raw: Mapping[str, Any], problems: list[str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the configuration with every ``from:`` filled in, and where that was not possible."""
    resolved: dict[str, Any] = _copy(raw)
    unresolved = []
    for *path, last in [(study.name, *path) for study in STUDIES for path in study.inherits]:
        section = _get(resolved, *path)
        entries = section.get(last) if isinstance(section, dict) else None
        if isinstance(entries, Mapping):
            try:
                section[last] = inherited(entries)
            except ValueError as error:
                place = ".".join([*path, last])
                named = (
                    entry.get("from") for entry in entries.values() if isinstance(entry, Mapping)
                )
                gone = "".join(_gone(place, name) for name in named)
                problems.append(f"{place}.{error}{gone}")
                unresolved.append(f"{place}.")
    return resolved, tuple(unresolved)


def _located(
    raw: dict[str, Any], files: Sequence[tuple[str | Path, Mapping[str, Any]]]
) -> dict[str, Any]:
    """Return the configuration with paths from the working folder; ``~`` is a home folder."""
    for study in STUDIES:
        for section, key in study.files:
            entries = _get(raw, study.name, *section.split("."))
            for name, entry in entries.items() if isinstance(entries, Mapping) else ():
                if not isinstance(entry, dict) or not isinstance(entry.get(key), str):
                    continue
                place = (study.name, *section.split("."), name, key)
                stating = (folder for folder, held in reversed(files) if _get(held, *place))
                # Relative, so that the same results in another clone are not made anew.
                folder = os.path.relpath(next(stating, os.curdir))
                if path := os.path.expanduser(entry[key]):
                    entry[key] = path if folder == os.curdir else os.path.join(folder, path)
    return raw


def _copy(raw: Any) -> Any:
    if isinstance(raw, Mapping):
        return {key: _copy(value) for key, value in raw.items()}
    return [_copy(value) for value in raw] if isinstance(raw, list) else raw


def _problem(item: Mapping[str, Any], raw: Any) -> str:
    """Return one of pydantic's errors as a line: place, what is allowed, what is found."""
    place = _place(item["loc"], raw)
    if item["type"] == "missing":
        return f"{place}: missing"
    if item["type"] == "extra_forbidden":
        return f"{place}: unknown key{_meant(item['loc'], raw)}"
    if item["type"] == "union_tag_invalid":
        key, kinds = _bare(item["ctx"]["discriminator"]), _bare(item["ctx"]["expected_tags"])
        return f"{place}.{key}: unknown; found {shown(item['ctx']['tag'])}, there are {kinds}"
    if item["type"] == "union_tag_not_found":
        return f"{place}.{_bare(item['ctx']['discriminator'])}: missing"
    return f"{place}: {item['msg'].removeprefix('Value error, ')}; found {shown(item['input'])}"


def _meant(location: tuple[Any, ...], raw: Any) -> str:
    """Return which key beside an unknown one is nearest to it: config.yaml states all keys."""
    *above, key = location
    for part in above:
        # Pydantic puts kinds between the keys.
        if isinstance(raw, list) or (isinstance(raw, Mapping) and part in raw):
            raw = raw[part]
    beside = [one for one in raw if isinstance(one, str) and one != key]
    near = get_close_matches(str(key), beside, 1)
    return f"; is {near[0]} meant?" if near else ""


def _bare(names: str) -> str:
    """Return names without the quotes that pydantic puts around each."""
    return names.replace("'", "")


def _place(location: tuple[Any, ...], raw: Any) -> str:
    """Return a location without the kinds that pydantic puts between the keys."""
    parts = []
    for part in location:
        if isinstance(raw, Mapping) and part not in raw and raw.get("kind") == part:
            continue
        parts.append(word(part))
        inside = isinstance(raw, Mapping) and part in raw
        inside |= isinstance(raw, list) and isinstance(part, int) and part < len(raw)
        raw = raw[part] if inside else None
    return ".".join(parts)


def _truths(raw: Any, place: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield where true or false stands: pydantic would read them as 1 and 0."""
    if isinstance(raw, bool):
        yield f"{'.'.join(place)}: true and false are not allowed; found {raw}"
    items = (
        raw.items() if isinstance(raw, Mapping) else enumerate(raw if isinstance(raw, list) else [])
    )
    for key, value in items:
        yield from _truths(value, (*place, word(key)))


def _unknown(raw: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that are used but not defined; parts of the wrong shape are skipped."""
    for place, name, reference in references(Config, raw):
        defined = [one for one in _defined(raw, reference.to.split(".")) if isinstance(one, _NAMES)]
        if defined and name not in defined:
            there, gone = listed(dict.fromkeys(defined)), _gone(reference.to, name)
            yield f"{place}: unknown {reference.kind}; found {shown(name)}, there are {there}{gone}"


_NAMES = str | int | float


def _gone(place: str, name: Any) -> str:
    """Return what took the place of a name that used to be defined at a place, to end a line."""
    for study in STUDIES:
        if isinstance(name, str) and (new := study.removed.get(place, {}).get(name)):
            return f"; {name} is gone, {new} took its place"
    return ""


def _incomplete(problems: list[str]) -> Iterator[str]:
    """Yield the entries that only change one that is gone, and so lack everything else."""
    for study in STUDIES:
        for place, names in study.removed.items():
            for name in names:
                if any(problem.startswith(f"{place}.{name}.") for problem in problems):
                    yield f"{place}.{name}: not defined any more{_gone(place, name)}"


def _defined(raw: Any, path: list[str]) -> Iterator[Any]:
    """Yield the names or values that stand at a place; `*` stands for every entry."""
    if not path:
        if isinstance(raw, Mapping | list):
            yield from raw
        elif raw is not None:
            yield raw
        return
    key, *rest = path
    if key == "*":
        for _, entry in _entries(raw):
            yield from _defined(entry, rest)
    elif isinstance(raw, Mapping) and key in raw:
        yield from _defined(raw[key], rest)


def _entries(raw: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(raw, Mapping):
        return raw.items()
    return enumerate(raw) if isinstance(raw, list) else ()


def _get(raw: Any, *path: str) -> Any:
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    return raw
