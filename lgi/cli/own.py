"""Coefficients of a model of one's own, which a function of a module returns."""

import importlib
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from lgi.cli.terminal import lines, say, table
from lgi.errors import ConfigError, LgiError, ModelError, listed
from lgi.llc.library import Draws, Options, default_setting, estimate_layers, sample_module
from lgi.llc.library.defaults import UNBIASED
from lgi.llc.settings import EstimateSettings
from lgi.runs import atomic_path

Changes = Mapping[str, float | None]
"""What the command line says of draws, chains, batch and step."""

SAMPLERS = ("hmc", "sgld")
"""Settings by name: `default_setting`, as it is or with SGLD for mini-batches."""

STEPS = {"draws": 2_000, "burn_in": 400, "sampler": {"kind": "sgld", "step_size": 1e-5}}

NEEDED = ("module", "loss", "data")
TOLD = ("llc", "llc_se", "status", "reason")


def asked(
    module: str,
    function: str,
    setting: str | None,
    changes: Changes,
    parameters: Sequence[str] | None,
) -> dict[str, Any]:
    """Return the arguments of `sample_module`, by name.

    Parameters
    ----------
    module, function
        Where the function is that returns them, looked for in the working folder first.
    setting
        One of `SAMPLERS` or a YAML file; None for what the function says, else `hmc`, or `sgld`
        where there are mini-batches.
    changes, parameters
        What the command line says.

    Raises
    ------
    ModelError
        If the module or its function fails, or returns something else.
    """
    found = _returned(module, function)
    if changes.get("batch_size"):
        found["batch_size"] = changes["batch_size"]
    if parameters:
        found["parameters"] = list(parameters)
    own = found.pop("setting", None)
    batches = found.get("batch_size") is not None
    raw = _setting(setting, own, "sgld" if batches else "hmc", found)
    return {**found, "setting": _changed(raw, changes)}


def _returned(module: str, function: str) -> dict[str, Any]:
    name = f"{module}:{function}"
    if module.endswith(".py") and Path(module).is_file():
        raise ModelError(f"{name}: a module is named without .py: {module[:-3]}:{function}")
    sys.path.insert(0, os.getcwd())
    called = getattr(
        _guarded(name, "cannot be imported", importlib.import_module, module), function, None
    )
    if called is None:
        raise ModelError(f"{name}: the module has no function of this name")
    made = _guarded(name, "failed", called)
    if isinstance(made, tuple) and len(made) == len(NEEDED):
        return dict(zip(NEEDED, made, strict=True))
    if not isinstance(made, Mapping):
        raise ModelError(
            f"{name}: returns {_kind(made)}; needed is (module, loss, data), or a dict of these"
        )
    allowed = {*NEEDED, "setting", *Options.__annotations__}
    missing, unknown = (
        [key for key in NEEDED if key not in made],
        [key for key in made if key not in allowed],
    )
    if missing or unknown:
        said = f"lacks {listed(missing)}" if missing else f"has {listed(unknown)}"
        raise ModelError(f"{name}: its dict {said}; allowed are {listed(sorted(allowed))}")
    return dict(made)


def _kind(value: Any) -> str:
    kind = f"what is of type {type(value).__name__}"
    return f"{kind} and length {len(value)}" if isinstance(value, tuple) else kind


def _guarded(name: str, what: str, function: Any, *arguments: Any) -> Any:
    """Call what is not lgi's; its error becomes one sentence that says where it is."""
    try:
        return function(*arguments)
    except (KeyboardInterrupt, LgiError):
        raise
    except BaseException as error:  # a module may end the process
        reason = " ".join(str(error).split())
        # Frozen modules import others, and are not where the fault is.
        places = [
            place
            for place in traceback.extract_tb(error.__traceback__)
            if place.filename not in (__file__, importlib.__file__)
            and not place.filename.startswith("<")
        ]
        named = [f" ({Path(place.filename).name}, line {place.lineno})" for place in places]
        where = named[-1] if named and not isinstance(error, SyntaxError) else ""
        raise ModelError(f"{name}: {what}: {type(error).__name__}: {reason}{where}") from error


def _default(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    raw = default_setting(found["module"], found.get("parameters")).model_dump()
    if kind == "sgld":
        raw |= STEPS | {"thresholds": raw["thresholds"] | {"acceptance": UNBIASED}}
    return raw


def _setting(
    name: str | None, own: Any, otherwise: str, found: Mapping[str, Any]
) -> dict[str, Any]:
    if name is None and own is not None:
        return own.model_dump() if isinstance(own, EstimateSettings) else dict(own)
    name = name or otherwise
    if name in SAMPLERS:
        return _default(name, found)
    if Path(name).suffix in (".yaml", ".yml", ".json"):
        from lgi.yaml_files import content_of

        return dict(content_of(Path(name)))
    raise typer.BadParameter(
        f"{name!r}; for a model of your own there are {listed(SAMPLERS)}, or a YAML file",
        param_hint="--setting",
    )


def _changed(raw: Mapping[str, Any], changes: Changes) -> EstimateSettings:
    raw = dict(raw)
    if draws := changes.get("draws"):
        thin = raw.get("thin", 1)
        raw |= {"draws": draws, "burn_in": int(draws) // 5 // thin * thin}
    if chains := changes.get("chains"):
        raw["chains"] = chains
    if step := changes.get("step_size"):
        raw["sampler"] = {**dict(raw["sampler"]), "step_size": step}
    try:
        return EstimateSettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"setting{'.' if place else ''}{place}: {said}") from None


def draws(asked: Mapping[str, Any]) -> Draws:
    """Sample what `asked` returned."""
    say(_described(asked["setting"]))
    return _guarded("the model", "cannot be sampled", lambda: sample_module(**asked))


def layers(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Estimate a coefficient for each layer; rows of columns."""
    say(_described(asked["setting"]))
    found = _guarded("the model", "cannot be sampled", lambda: estimate_layers(**asked))
    return found.to_dict("records")


def _described(setting: EstimateSettings) -> str:
    return (
        f"{setting.sampler.kind}: {setting.chains} chains of {setting.draws:,} draws, "
        f"{setting.burn_in:,} of them burn-in; localisation {setting.localisation:g}, "
        f"inverse temperature {setting.inverse_temperature}"
    )


def need_format(out: Path, per_layer: bool) -> None:
    """Raise BadParameter if the name of a file tells no format; make its folder."""
    from lgi.cli.made import need_folder

    allowed = (".json",) if per_layer else (".json", ".nc")
    if out.suffix not in allowed:
        raise typer.BadParameter(
            f"{out}; allowed are names that end in {' or '.join(allowed)}", param_hint="--out"
        )
    need_folder(out.parent)


def tell(draws: Draws, out: Path | None) -> None:
    """Print the columns of an estimate, and write them or its chains."""
    columns = draws.estimate()
    first = {name: columns[name] for name in TOLD if columns[name] != ""}
    lines({**first, **{name: value for name, value in columns.items() if name not in TOLD}})
    if out is None:
        return
    if out.suffix == ".json":
        _write(out, columns | {"samples": draws.samples}, draws.setting)
    else:
        from lgi.llc.inference_data import trace_of, write_trace

        record = {name: first[name] for name in ("status", "reason") if name in first}
        record["samples"] = draws.samples
        write_trace(out, trace_of(draws.traces, draws.setting, record))
    print(out)


def tell_layers(rows: list[dict[str, Any]], out: Path | None) -> None:
    """Print rows of estimates, and write them."""
    shown = [name for name in rows[0] if isinstance(rows[0][name], str)][:1] if rows else []
    columns = dict.fromkeys(shown, "") | {
        "parameters": ",",
        "llc": ".3f",
        "llc_se": ".3f",
        "rhat": ".3f",
        "ess": ".0f",
        "status": "",
        "reason": "",
    }
    table(rows, columns, most=len(rows))
    if out is not None:
        _write(out, {"layers": rows})
        print(out)


def _write(path: Path, content: Mapping[str, Any], setting: EstimateSettings | None = None) -> None:
    held = dict(content) | ({"setting": setting.model_dump(mode="json")} if setting else {})
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
