"""Merges the arguments of a request into those of its app. Pure. See docs/dialects/tapis3.md#jobs."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.errors import Path
from dragoman.dialects.tapis3.job_fields import Faults, Json

REQUIRED, FIXED = "REQUIRED", "FIXED"
BY_DEFAULT, ON_DEMAND = "INCLUDE_BY_DEFAULT", "INCLUDE_ON_DEMAND"


def merge_args(asked: Sequence[Json], app: Sequence[Mapping[str, Any]], path: Path, faults: Faults) -> list[Json]:
    """App arguments in the app's order (kept, changed or dropped), then the request's own in the request's order."""
    named = {item["name"]: item for item in asked if "name" in item}
    known = {spec["name"] for spec in app}
    merged = [kept for spec in app if (kept := _merge(spec, named.get(spec["name"]), path, faults))]
    taken = known | named.keys()
    for item in asked:
        if item.get("name") not in known and item.get("include", True):
            arg = _argument({**item, "name": item.get("name") or _new_name(taken)})
            if not arg["arg"]:
                faults.add(path, f"The argument {arg['name']} has no text.")
            merged.append(arg)
    return merged


def _merge(spec: Mapping[str, Any], asked: Json | None, path: Path, faults: Faults) -> Json | None:
    mode = spec.get("inputMode") or ON_DEMAND
    if asked is None:
        return _unasked(spec, mode, path, faults)
    if mode == FIXED:
        faults.add(path, f"The app, or the queue, fixes the argument {spec['name']}: it cannot be given.")
        return None
    if mode != REQUIRED and not asked.get("include", True):
        return None
    return _with_text(_overridden(spec, asked), mode, path, faults)


def _unasked(spec: Mapping[str, Any], mode: str, path: Path, faults: Faults) -> Json | None:
    if mode == ON_DEMAND:
        return None
    if mode == REQUIRED and not spec.get("arg"):
        faults.add(path, f"The app requires the argument {spec['name']}.")
        return None
    return _with_text(_argument(spec), mode, path, faults)


def _with_text(arg: Json, mode: str, path: Path, faults: Faults) -> Json | None:
    if arg["arg"]:
        return arg
    if mode != BY_DEFAULT:
        faults.add(path, f"The argument {arg['name']} has no text.")
    return None


def _overridden(spec: Mapping[str, Any], asked: Json) -> Json:
    told = [text for text in (spec.get("description"), asked.get("description")) if text]
    given = {key: asked[key] for key in ("arg", "notes") if asked.get(key) is not None}
    return _argument({**spec, **given, "description": "\n\n".join(told) or None})


def _argument(given: Mapping[str, Any]) -> Json:
    return {
        "name": given["name"],
        "description": given.get("description"),
        "include": True,
        "arg": given.get("arg") or "",
        "notes": given.get("notes") or {},
    }


def _new_name(taken: set[str]) -> str:
    number = 1
    while f"unnamed{number}" in taken:
        number += 1
    taken.add(f"unnamed{number}")
    return f"unnamed{number}"
