"""Every result of the workflow, declared once: what makes it, from what, and where it lies.

A study declares its results in ``results.py``, tables, figures, animations and texts with the
function that makes them, and run files and estimates, whose rules are written out, by their path
alone. From these follow the rules and their logs, what `rule all` and the groups ask for, labels
and captions of the report, and the answer to a path that names nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import PurePath
from typing import Any

from pydantic_core import to_jsonable_python

from lgi.asked import wildcards_of
from lgi.errors import DataError
from lgi.runs import SUM

ROOT = "results/"
TABLES = ROOT + "tables/"
FIGURES = ROOT + "figures/"
ANIMATIONS = ROOT + "animations/"
REPORTS = ROOT + "report/"

BESIDE = {
    ".png": ".svg",
    ".gif": ".mp4",
    ".csv": ".csv" + SUM,
    ".nc": ".nc" + SUM,
}
"""The file that lies beside another: the same as vectors, as a video, or its checksum."""

KINDS = {
    ".csv": "tables",
    ".png": "figures",
    ".gif": "animations",
    ".md": "report",
    ".html": "report",
}
"""Groups of results by their kind."""
PURPOSES = {
    "tables": "Every gathered table.",
    "figures": "Every figure of all studies.",
    "animations": "Every animation of all studies.",
    "report": "Every written analysis, and the site that shows them.",
    "llc": "Every estimate of the local learning coefficient, its tables and figures.",
}

COPY = "docs/gallery/{name}"
"""The small copy of a picture, text or table that README and docs show."""


WHAT = "what"
"""The label that says what a result is; others tell results of one kind apart."""

BRIEF = 1.0
"""Seconds that most tables and pictures take, once their modules are imported."""


def _brief(config: Any, wildcards: Any) -> float:
    return BRIEF


def once(config: Any) -> list[dict]:
    """Ask for a result without wildcards, once."""
    return [{}]


Given = Mapping[str, Any] | Callable[[Any, Mapping[str, str]], Mapping[str, Any]]
"""A mapping, or a function of the configuration and the values of the wildcards to one."""


@dataclass(frozen=True)
class Result:
    """A result, or some that one job makes together.

    Paths are patterns with ``{wildcards}`` and lie below `ROOT`.
    """

    rule: str  # name of the rule that makes it
    output: (
        str | Mapping[str, str]
    )  # its path; several by name, in the order of what `make` returns
    purpose: str  # one line: the rule's docstring
    make: str = ""  # "module:function"; empty where the rule is written out in rules/
    # The files that `make` is given, by name: a path, or a list of paths. A CSV arrives as a table,
    # a run file as the study reads it, a list as an iterator over what its files hold.
    inputs: Given = field(default_factory=dict)
    # Further arguments of `make`, by name. With inputs and code they decide when a result is made
    # anew, so only what is used is named.
    settings: Given = field(default_factory=dict)
    # Pictures of what `make` returns, each with the "module:function" that draws it, which is given
    # the outputs, inputs and settings that its arguments name.
    draw: Mapping[str, str] = field(default_factory=dict)
    # What its file must say of how it was made, where a job reads it (`lgi.asked`): by the name of
    # a wildcard, or "" for every file, a function of the configuration and the wildcard's value to
    # entries of the record.
    record: Mapping[str, Callable[[Any, str], Mapping[str, Any]]] = field(default_factory=dict)
    # About how long one lasts on a core, in seconds, where many share a process (`lgi.batches`):
    # a function of the configuration and the wildcards; `BRIEF` for what `make` makes.
    seconds: Callable[[Any, Mapping[str, str]], float] | None = None
    on_card: bool = False  # whether its work has an engine for a GPU
    # Function of the configuration to the values of the wildcards with which `all` asks for it.
    wanted: Callable[[Any], Iterable[Mapping[str, Any]]] = once
    groups: Sequence[str] = ()  # to which it belongs beside its study and its kind
    # What pages and Snakemake's report call it: `WHAT` it is, or where a job draws several pictures
    # what each is, by its path; and values of wildcards. None: it is not in that report.
    labels: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    caption: str = ""
    # Whether Snakemake's report holds it, where a browser shows it: many of a kind make it large.
    reported: bool = True

    @cached_property  # asked for thousands of times while a run is planned
    def outputs(self) -> dict[str, str]:
        """Its paths by name, with those of the files `BESIDE` them."""
        named = {"made": self.output} if isinstance(self.output, str) else dict(self.output)
        named |= {f"picture{place}": path for place, path in enumerate(self.draw)}
        for name, path in list(named.items()):
            if beside := BESIDE.get(PurePath(path).suffix):
                named[f"{name}_{beside.rpartition('.')[2]}"] = str(
                    PurePath(path).with_suffix(beside)
                )
        return named

    @property
    def mains(self) -> list[str]:
        """Names of the outputs that `make` returns, in its order."""
        return ["made"] if isinstance(self.output, str) else list(self.output)

    @property
    def pictures(self) -> dict[str, str]:
        """The functions that draw, by the names of their outputs."""
        return {f"picture{place}": draw for place, draw in enumerate(self.draw.values())}

    @cached_property
    def told(self) -> dict[str, PurePath]:
        """The paths of what is made by name, without what lies beside them."""
        return {name: PurePath(self.outputs[name]) for name in (*self.mains, *self.pictures)}

    @property
    def first(self) -> str:
        """The path by which it is known: its log is called after it."""
        return next(iter(self.outputs.values()))

    @property
    def log(self) -> str:
        """The log of the job that makes it."""
        return f"logs/{self.first.removeprefix(ROOT)}.log"

    def paths(self, config: Any) -> list[str]:
        """Return the paths that `all` asks for; what lies beside a file comes with it."""
        patterns = [str(path) for path in self.told.values()]
        return [path.format(**values) for values in self.wanted(config) for path in patterns]


@dataclass(frozen=True)
class Study:
    """What a study brings to the workflow; `lgi.studies` registers it."""

    name: str  # of its section of the configuration, and of the group of its results
    title: str  # of its part of the report
    purpose: str  # one line: what the group holds
    settings: type  # of its section
    results: Sequence[Result]
    # Function of the configuration to the legal values of each wildcard: a list, or a regular
    # expression with the words that explain it.
    wildcards: Callable[[Any], Mapping[str, Sequence | tuple[re.Pattern, str]]]
    run_reader: str = "lgi.runs:read_run"  # "module:function" that reads one of its run files
    # Places, below its section, of mappings whose entries may say ``from:`` another.
    inherits: Sequence[tuple[str, ...]] = ()
    # Places, below its section, of mappings whose entries name a file, and the key that does.
    files: Sequence[tuple[str, str]] = ()
    # What people read in place of the value of a wildcard: a function of the configuration, the
    # wildcard's name and the value.
    display: Callable[[Any, str, str], str] = lambda config, wildcard, value: value
    # Names that are gone, with what took their places: by the place of the configuration where they
    # were defined.
    removed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Gathered:
    """A table, figure, animation or text that the configuration asks for."""

    study: Study
    result: Result
    output: str  # its name among the outputs of its rule
    path: str
    labels: Mapping[str, str]  # what it is, and of which values of the wildcards


class Catalogue:
    """The results of some studies under one configuration.

    Parameters
    ----------
    studies
        The studies.
    config
        The checked configuration; a study whose section is not in it has no results.
    """

    def __init__(self, studies: Sequence[Study], config: Any) -> None:
        self.config = config
        self.studies = [s for s in studies if getattr(config, s.name, None) is not None]
        self.legal = {study.name: _legal(study.wildcards(config)) for study in self.studies}
        self.rules = {r.rule: (study, r) for study in self.studies for r in study.results}
        self._recorded = [
            (result.outputs[name], result)
            for _, result in self.rules.values()
            if result.record
            for name in result.mains
        ]
        self._places: dict[str, tuple | None] = {}
        self._said: dict[tuple[str, str, str], dict] = {}
        count = sum(len(study.results) for study in self.studies)
        if len(self.rules) < count:
            raise DataError("two results are made by rules of one name")

    @property
    def made(self) -> list[tuple[Study, Result]]:
        """The results whose rules follow from their declaration."""
        return [(study, result) for study, result in self.rules.values() if result.make]

    @property
    def written_out(self) -> list[Study]:
        """The studies with results whose rules are written out."""
        return [s for s in self.studies if not all(result.make for result in s.results)]

    def result(self, rule: str) -> Result:
        """Return the declaration of a rule."""
        return self.rules[rule][1]

    def seconds(self) -> dict[str, Callable[[Mapping[str, str]], float]]:
        """Return about how long jobs last that may share a process, by rule."""
        return {
            rule: partial(result.seconds or _brief, self.config)
            for rule, (_, result) in self.rules.items()
            if result.seconds or result.make
        }

    def kinds(self) -> dict[str, str]:
        """Return what results are called together that have one script, by rule."""
        return {result.rule: f"{study.name}_results" for study, result in self.made}

    def inputs(self, result: Result, wildcards: Mapping[str, str]) -> dict[str, str | list[str]]:
        """Return the files that a job of a result reads, by name."""
        given = self._given(result.inputs, wildcards)
        return {
            name: path.format(**wildcards) if isinstance(path, str) else list(path)
            for name, path in given.items()
        }

    def settings(self, result: Result, wildcards: Mapping[str, str]) -> dict[str, Any]:
        """Return the further arguments of a job of a result, by name."""
        return dict(self._given(result.settings, wildcards))

    def asked(self, paths: Iterable[str], source: Callable[[str], str]) -> dict:
        """Return what the records of files must say, as `lgi.asked.Asked`.

        Parameters
        ----------
        paths
            Files that a job reads. The answer grows with their recipes, images and the like, not
            with their number.
        source
            Function of a rule to the fingerprint of its source.
        """
        found: dict[str, dict[str, dict]] = {}
        for path in paths:
            if place := self._place(path):
                pattern, result, values = place
                meanings = found.setdefault(pattern, {})
                for name in result.record:
                    value = values.get(name, "")
                    if value not in meanings.setdefault(name, {}):
                        meanings[name][value] = self._entries(result, name, value, source)
        return found

    def _place(self, path: str) -> tuple[str, Result, dict[str, str]] | None:
        """Return pattern, result and wildcards of a file whose record is compared."""
        if path not in self._places:
            found = (
                (pattern, result, values)
                for pattern, result in self._recorded
                if (values := wildcards_of(path, pattern)) is not None
            )
            self._places[path] = next(found, None)
        return self._places[path]

    def _entries(self, result: Result, name: str, value: str, source: Callable) -> dict:
        key = (result.rule, name, value)
        if key not in self._said:
            self._said[key] = to_jsonable_python(result.record[name](self.config, value))
        return self._said[key] | ({} if name else {"provenance.source": source(result.rule)})

    def _given(self, given: Given, wildcards: Mapping[str, str]) -> Mapping[str, Any]:
        return given if isinstance(given, Mapping) else given(self.config, dict(wildcards))

    def constraints(self, study: Study, result: Result) -> dict[str, str]:
        """Return the regular expression of each wildcard of a result."""
        used = re.findall(r"\{(\w+)\}", "".join(result.outputs.values()))
        return {name: self.legal[study.name][name][0] for name in used}

    def gathered(self) -> Iterator[Gathered]:
        """Yield the tables, figures, animations and texts that the configuration asks for."""
        for study, result in self.rules.values():
            told = {name: str(path) for name, path in result.told.items() if _gathered(str(path))}
            for values in result.wanted(self.config) if told else ():
                for name, path in told.items():
                    labels = self.labels(study, result, name, values)
                    yield Gathered(study, result, name, path.format(**values), labels)

    def labels(
        self,
        study: Study,
        result: Result,
        output: str,
        values: Mapping[str, Any],
        *,
        sorted_as_text: bool = False,
    ) -> dict[str, str]:
        """Return what an output is called, with display names of the values of its wildcards.

        Parameters
        ----------
        study, result
            The declaration.
        output
            Its name; where a job has several of a kind, the label ``part`` tells them apart.
        values
            Of the wildcards.
        sorted_as_text
            Whether whole numbers get zeros in front, so that they sort as text.
        """
        shown = {name: study.display(self.config, name, str(values[name])) for name in values}
        if sorted_as_text:
            wanted = list(result.wanted(self.config))
            for name, text in shown.items():
                widths = [len(str(one[name])) for one in wanted if name in one]
                shown[name] = text.zfill(max(widths, default=0)) if text.isdecimal() else text
        pattern = str(result.told[output])
        labels = {
            key: (label if isinstance(label, str) else label.get(pattern, "")).format_map(shown)
            for key, label in result.labels.items()
        }
        alike = [path for path in result.told.values() if path.suffix == result.told[output].suffix]
        if isinstance(result.labels.get(WHAT), str) and len(alike) > 1:
            labels["part"] = result.told[output].stem.format_map(values)
        return {key: label for key, label in labels.items() if label}

    def groups(self) -> dict[str, list[str]]:
        """Return the targets of each group: a study, a kind of result, or one of its own."""
        found: dict[str, list[str]] = {name: [] for name in (s.name for s in self.studies)}
        found |= {kind: [] for kind in KINDS.values()}
        for study, result in self.rules.values():
            paths = result.paths(self.config)
            for group in (study.name, *result.groups):
                found.setdefault(group, []).extend(paths)
            for path in paths:
                if (kind := KINDS.get(PurePath(path).suffix)) and _gathered(path):
                    found[kind].append(path)
        return {name: list(dict.fromkeys(paths)) for name, paths in found.items()}

    def purpose(self, group: str) -> str:
        """Return one line on what a group holds."""
        named = {study.name: study.purpose for study in self.studies} | PURPOSES
        return named.get(group, f"Everything about {group}.")

    def everything(self) -> list[str]:
        """Return every target that the configuration asks for."""
        paths = [p for _, result in self.rules.values() for p in result.paths(self.config)]
        return list(dict.fromkeys(paths))

    def known(self) -> str:
        """Return a regular expression of everything below `ROOT` that a rule makes."""
        found = []
        for study, result in self.rules.values():
            legal = self.legal[study.name]
            for path in result.outputs.values():
                pieces = re.split(r"\{(\w+)\}", path.removeprefix(ROOT))
                found.append(
                    "".join(
                        f"({legal[piece][0]})" if place % 2 else re.escape(piece)
                        for place, piece in enumerate(pieces)
                    )
                )
        return "|".join(found)

    def explain(self, path: str) -> str:
        """Say what exists in place of a path below `ROOT` that no rule makes."""
        lines = [f"nothing makes {path}. What exists:"]
        for study in self.studies:
            patterns = sorted({p for r in study.results for p in r.outputs.values()})
            used = set(re.findall(r"\{(\w+)\}", " ".join(patterns)))
            lines.append(f"{study.title}:")
            words = self.legal[study.name]
            lines += [f"  {name}: {words[name][1]}" for name in words if name in used]
            lines += [f"  {pattern}" for pattern in patterns if not pattern.endswith(SUM)]
        if near := get_close_matches(path, self.everything(), n=3):
            lines.append("nearest: " + ", ".join(near))
        return "\n".join(lines)


def sums(paths: Iterable[str]) -> list[str]:
    """Return the checksums that lie beside those of some files that have one.

    Who asks for the file asks for its checksum: where that is missing, the file is not whole.
    """
    return [path + SUM for path in paths if BESIDE.get(PurePath(path).suffix, "").endswith(SUM)]


def copies(paths: Iterable[str]) -> dict[str, str]:
    """Return the small copies of pictures and texts, with what each is a copy of.

    Raises
    ------
    ValueError
        If two of them would have one name.
    """
    found: dict[str, str] = {}
    for path in paths:
        copy = COPY.format(name=copy_name(path))
        if copy in found:
            raise ValueError(f"{found[copy]} and {path} would both be copied to {copy}")
        found[copy] = path
    return found


def copy_name(path: str) -> str:
    """Return the name of a copy: the path below the folder of its kind, in one word."""
    return re.sub(r"^.*?(figures|animations|report|tables)/", "", path).replace("/", "_")


def _gathered(path: str) -> bool:
    """Tell whether a path is that of a table, figure, animation or text, not of a run."""
    return path.startswith((TABLES, FIGURES, ANIMATIONS, REPORTS))


def _legal(values: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return for each wildcard its regular expression and the words that say what is legal."""
    found = {}
    for name, legal in values.items():
        if isinstance(legal, tuple):
            found[name] = (legal[0].pattern, legal[1])
            continue
        # A group, so that an empty value is one of the alternatives and not the end of all.
        pattern = "|".join(re.escape(str(value)) for value in legal)
        found[name] = (f"(?:{pattern})", " | ".join(str(value) for value in legal))
    return found
