"""Merges the environment variables of system, app and request. Pure. See docs/dialects/tapis3.md#jobs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dragoman.core.errors import Path
from dragoman.dialects.tapis3.job_fields import Faults, Json
from dragoman.dialects.tapis3.merge_args import BY_DEFAULT, FIXED, ON_DEMAND, REQUIRED

NOT_SET = "!tapis_not_set"
OURS = "_tapis"
"""Variables that begin so are the service's own."""
WHERE: Path = ("parameterSet", "envVariables")

_Variables = dict[str, Json]


def merge_env(
    asked: Sequence[Json], app: Sequence[Mapping[str, Any]], system: Sequence[Mapping[str, Any]], faults: Faults
) -> list[Json]:
    """The variables of the job, in the order of their names without case."""
    merged: _Variables = {}
    for spec in (*system, *app):
        _define(merged, spec, faults)
    for item in asked:
        _ask(merged, item, faults)
    kept = [_variable(one) for one in merged.values() if _is_kept(one, faults)]
    return sorted_by_name(kept)


def added(variables: Sequence[Json], more: Iterable[tuple[str, str]], where: Path, faults: Faults) -> list[Json]:
    """The variables with more of them; a name that is taken is noted as a fault."""
    taken = {one["key"] for one in variables}
    new = []
    for key, value in more:
        if key in taken:
            faults.add(where, f"The environment variable {key} is there already.")
        else:
            taken.add(key)
            new.append(_variable({"key": key, "value": value}))
    return sorted_by_name([*variables, *new])


def sorted_by_name(variables: Iterable[Json]) -> list[Json]:
    """In the order of their names without case."""
    return sorted(variables, key=lambda one: (one["key"].lower(), one["key"]))


def _define(merged: _Variables, spec: Mapping[str, Any], faults: Faults) -> None:
    key, mode = spec["key"], spec.get("inputMode") or BY_DEFAULT
    value = spec.get("value") if spec.get("value") is not None else NOT_SET
    lower = merged.get(key)
    if lower is None:
        merged[key] = {**spec, "mode": mode, "value": value, "wanted": mode != ON_DEMAND}
        return
    value = lower["value"] if value == NOT_SET else value
    if lower["mode"] == FIXED and value != lower["value"]:
        faults.add(WHERE, f"The system fixes the environment variable {key}: the app cannot change it.")
        return
    if lower["mode"] == FIXED or (lower["mode"] == REQUIRED and mode != FIXED):
        mode = lower["mode"]
    merged[key] = {**lower, **spec, "mode": mode, "value": value, "wanted": mode != ON_DEMAND}


def _ask(merged: _Variables, item: Json, faults: Faults) -> None:
    key = item["key"]
    if key.startswith(OURS):
        faults.add(WHERE, f"The environment variable {key} begins with {OURS}, which is kept for the service.")
        return
    if merged.get(key, {}).get("asked"):
        faults.add(WHERE, f"The environment variable {key} is there twice.")
        return
    lower = merged.get(key, {"key": key, "mode": BY_DEFAULT, "value": NOT_SET})
    if lower["mode"] == FIXED:
        faults.add(WHERE, f"The environment variable {key} is fixed: it cannot be given.")
        return
    if key not in merged and item.get("value") is None and item.get("include", True):
        faults.add(WHERE, f"The environment variable {key} has no value.")
    value = item["value"] if item.get("value") is not None else lower["value"]
    told = {name: item[name] for name in ("description", "notes") if item.get(name)}
    merged[key] = {**lower, **told, "value": value, "wanted": item.get("include", True), "asked": True}


def _is_kept(one: Json, faults: Faults) -> bool:
    if one["mode"] == REQUIRED:
        if one["value"] == NOT_SET:
            faults.add(WHERE, f"The environment variable {one['key']} is required.")
        return True
    return bool(one["wanted"]) and one["value"] != NOT_SET


def _variable(given: Mapping[str, Any]) -> Json:
    return {
        "key": given["key"],
        "value": given["value"],
        "description": given.get("description"),
        "include": True,
        "notes": given.get("notes") or {},
    }
