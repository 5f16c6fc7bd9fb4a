"""The JSON schema of a configuration, with which an editor completes and checks one.

It comes from the typed model: what is allowed from its types, what a key means from the comment
beside its field, or else from the one in config.yaml. An overlay states some keys alone, so none is
required; what must fit together, and that every name is defined, lgi alone checks.
"""

import inspect
import io
import json
import textwrap
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from lgi import settings
from lgi.config import Config
from lgi.settings import Settings
from lgi.studies import STUDIES

ROOT = Path(__file__).parents[2]


COMMON = {
    "acceptance": "least share of proposals that are accepted",
    "active": "features that are 1 in a sample",
    "bias": "where biases start",
    "burn_in": "first draws of a chain that are left out",
    "chains": "chains of an estimate",
    "confidence": "of the intervals",
    "deviation": "standard deviation",
    "draws": "of a chain, burn-in included",
    "epochs": "how long training lasts, in passes over the data",
    "epoch": "epochs of training",
    "features": "inputs of the model, and its outputs",
    "first": "first epoch of the grid after 0",
    "fits": "runs of study 1 that this is about",
    "growth": "how many times longer each period is than the one before",
    "height": "pixels",
    "hidden": "hidden dimension",
    "high": "largest value",
    "image": "names of images",
    "images": "target pictures, by name",
    "init": "names of starts",
    "initialisations": "starts of training, by name",
    "inverse_temperature": "β: that of the learning coefficient's definition, 1/ln n, or a number",
    "iterations": "updates of a fit",
    "l1": "weight of the mean absolute error",
    "l2": "weight of the mean squared error",
    "last": "last epoch up to which the points of the grid are spread",
    "localisation": "γ: how strongly chains are held near w*",
    "low": "smallest value",
    "mean": "mean",
    "momentum": "of SGD",
    "n": "numbers of Gaussians",
    "name": "by which it is called elsewhere",
    "noise": "standard deviation of the noise",
    "points": "epochs of the grid",
    "rate": "learning rate",
    "recipe": "names of recipes",
    "recipes": "how fits are trained, by name",
    "samples": "numbers of training samples",
    "scale": "standard deviations of a Gaussian at the start: from, to, in units of the image",
    "seed": "of its own random stream",
    "seeds": "of the runs",
    "setting": "name of a setting of the estimator",
    "settings": "settings of the estimator, by name",
    "sparsity": "probability S that a feature is 0",
    "ssim": "weight of 1 - SSIM",
    "test_samples": "samples on which the test loss is measured",
    "thin": "every so many draws one is kept",
    "trained": "which parameters are",
    "width": "pixels",
}
"""What keys mean that mean the same wherever they stand, where nothing nearer tells it."""


class _Schema(GenerateJsonSchema):
    """A schema whose properties are told by the comments beside their fields."""

    def model_schema(self, schema: Any) -> dict:
        made = super().model_schema(schema)
        made.pop("required", None)
        made.pop("title", None)
        comments = _comments(schema["cls"])
        for name, value in made.get("properties", {}).items():
            value.pop("title", None)
            if name in comments:
                value["description"] = comments[name]
        return made

    def function_before_schema(self, schema: Any) -> dict:
        made = super().function_before_schema(schema)
        if schema["function"]["function"] is settings.as_list and "items" in made:
            return {"anyOf": [made, made["items"]]}  # a single value without its brackets
        return made

    def tagged_union_schema(self, schema: Any) -> dict:
        made = super().tagged_union_schema(schema)
        return {"anyOf": made["oneOf"]}  # an overlay may leave the kind to the file below it


def schema() -> dict[str, Any]:
    """Return the schema of a configuration or an overlay."""
    found = Config.model_json_schema(schema_generator=_Schema)
    for study in STUDIES:
        for path in study.inherits:
            _inheriting(found, (study.name, *path))
    meanings = dict(_meanings())
    for place, value in places(found):
        told = meanings.get(place) or COMMON.get(place[-1])
        if told and "description" not in value and "description" not in resolved(found, value):
            value["description"] = told
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "lgi"} | found


def text() -> str:
    """Return the schema as it stands in its file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def places(found: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield every property of a schema with its place; `*` stands for a name of the user's."""
    waiting: list[tuple[tuple[str, ...], dict]] = [((), found)]
    seen = set()
    while waiting:
        place, node = waiting.pop(0)
        for inside, option in _options(found, place, node):
            for name, value in option.get("properties", {}).items():
                key = (*inside, name)
                yield key, value
                if key not in seen:
                    seen.add(key)
                    waiting.append((key, value))


def resolved(found: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return what a node refers to, or the node itself."""
    while "$ref" in node:
        node = found["$defs"][node["$ref"].rpartition("/")[2]]
    return node


def _options(found: dict, place: tuple[str, ...], node: dict) -> Iterator[tuple[tuple, dict]]:
    node = resolved(found, node)
    for option in node.get("anyOf", [node]):
        option = resolved(found, option)
        if "anyOf" in option:
            yield from _options(found, place, option)
        elif entries := [*option.get("patternProperties", {}).values(), *_any(option)]:
            for entry in entries:
                yield from _options(found, (*place, "*"), entry)
        elif "items" in option:
            yield from _options(found, (*place, "*"), option["items"])
        else:
            yield place, option


def _any(option: dict) -> list[dict]:
    """Return what stands under any other key, if that is told."""
    other = option.get("additionalProperties")
    return [other] if isinstance(other, dict) else []


def _inheriting(found: dict, path: tuple[str, ...]) -> None:
    """Let the entries of a mapping say `from`."""
    node = found
    for name in path:
        node = next(
            option["properties"][name]
            for _, option in _options(found, (), node)
            if name in option.get("properties", {})
        )
    for _, entry in _options(found, (), node):
        if "properties" in entry:
            entry["properties"]["from"] = {
                "type": "string",
                "description": "another entry, of which this one is a copy but for what it states",
            }


def _comments(kind: type) -> dict[str, str]:
    """Return what stands beside the fields of a class, and of its bases, as comments."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if issubclass(one, Settings) and one is not Settings:
            source = textwrap.dedent(inspect.getsource(one))
            found |= dict(_of_lines(source, ": "))
    return {name: words for name, words in found.items() if name in kind.model_fields}


def _of_lines(source: str, mark: str) -> Iterator[tuple[str, str]]:
    """Yield names of fields with the comments on their lines or in those right above."""
    above: list[str] = []
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
    for number, line in enumerate(source.splitlines(), 1):
        said = comments.get(number, "").removeprefix("#").strip()
        if line.strip().startswith("#"):
            above.append(said)
            continue
        name = line.strip().partition(mark)[0]
        if name.isidentifier() and (said or above):
            yield name, " ".join([*above, said]).strip()
        above = []


def _meanings() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the comments of config.yaml by place; the first of several entries tells for all."""
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8")
    told = dict[tuple[str, ...], str]()
    waiting = [((), yaml.compose(lines))]
    while waiting:
        place, node = waiting.pop(0)
        if isinstance(node, yaml.SequenceNode):
            waiting += [((*place, "*"), item) for item in node.value[:1]]
        elif isinstance(node, yaml.MappingNode):
            for index, (key, value) in enumerate(node.value):
                said = _beside(lines.splitlines(), key.start_mark.line, key.start_mark.column)
                if said:
                    told.setdefault((*place, key.value), said)
                waiting.append(((*place, key.value), value))
                if index == 0:
                    waiting.append(((*place, "*"), value))
    yield from told.items()


def _beside(lines: list[str], number: int, column: int) -> str:
    own = lines[number]
    above = []
    while number > 0 and lines[number - 1].strip().startswith("#"):
        number -= 1
        if lines[number].index("#") != column or "-----" in lines[number]:
            break
        above.insert(0, lines[number].strip().removeprefix("#").strip())
    said = own.partition(" # ")[2].strip()
    return said or " ".join(above)
