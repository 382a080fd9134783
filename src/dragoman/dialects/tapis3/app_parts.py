"""The attributes of an app: their defaults, their normal form, and how older clients wrote them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.dialects.tapis3.app_fields import ARG_LISTS
from dragoman.dialects.tapis3.system_parts import UNLIMITED, finite, full_variables
from dragoman.dialects.tapis3.system_rules import NOT_SET

Json = dict[str, Any]

LOG = "tapisjob.out"
DEFAULTS: Mapping[str, Any] = {
    "description": "",
    "runtime": "DOCKER",
    "runtimeVersion": None,
    "runtimeOptions": None,
    "jobType": None,
    "maxJobs": UNLIMITED,
    "maxJobsPerUser": UNLIMITED,
    "strictFileInputs": False,
    "jobAttributes": {},
    "tags": [],
    "notes": {},
}
"""Of what can be changed later."""
_NUMBERS = {"nodeCount": 1, "coresPerNode": 1, "memoryMB": 100, "maxMinutes": 10}
_JOB: Mapping[str, Any] = {
    "description": None,
    "dynamicExecSystem": False,
    "execSystemConstraints": [],
    "execSystemId": None,
    "execSystemExecDir": None,
    "execSystemInputDir": None,
    "execSystemOutputDir": None,
    "dtnSystemInputDir": NOT_SET,
    "dtnSystemOutputDir": NOT_SET,
    "execSystemLogicalQueue": None,
    "archiveSystemId": None,
    "archiveSystemDir": None,
    "archiveOnAppError": True,
    "archiveMode": "ALWAYS",
    "isMpi": False,
    "mpiCmd": None,
    "cmdPrefix": None,
    "parameterSet": {},
    "fileInputs": [],
    "fileInputArrays": [],
    **_NUMBERS,
    "subscriptions": [],
    "tags": [],
}
_ARG: Json = {"description": None, "inputMode": "INCLUDE_ON_DEMAND", "arg": None, "notes": {}}
_INPUT: Json = {"description": None, "inputMode": "OPTIONAL", "envKey": None, "notes": {}}
_FILE_INPUT: Json = {**_INPUT, "autoMountLocal": True, "sourceUrl": None}
_INPUT_ARRAY: Json = {**_INPUT, "sourceUrls": []}
_SUBSCRIPTION = {"description": None, "enabled": True, "ttlMinutes": 10_080}
_FILTER = {"includes": [], "excludes": [], "includeLaunchFiles": True}
_LOG_CONFIG = {"stdoutFilename": LOG, "stderrFilename": LOG}


def normal(attributes: Mapping[str, Any]) -> Json:
    """The attributes with every default filled in, also the inner ones."""
    full = {**DEFAULTS, **attributes}
    limits = {key: full[key] if full[key] > 0 else UNLIMITED for key in ("maxJobs", "maxJobsPerUser")}
    return {**full, **limits, "jobAttributes": _job(full["jobAttributes"])}


def budgets(attributes: Mapping[str, Any]) -> dict[str, int] | None:
    """How many jobs of the app a system, and an owner there, may have at once; None where there is no limit."""
    return finite(runs=attributes["maxJobs"], per_owner=attributes["maxJobsPerUser"]) or None


def _job(given: Mapping[str, Any]) -> Json:
    full = {**_JOB, **given}
    numbers = {key: full[key] if full[key] > 0 else usual for key, usual in _NUMBERS.items()}
    return {
        **full,
        **numbers,
        "parameterSet": _parameters(full["parameterSet"]),
        "fileInputs": _each(full["fileInputs"], _FILE_INPUT),
        "fileInputArrays": _each(full["fileInputArrays"], _INPUT_ARRAY),
        "subscriptions": _each(full["subscriptions"], _SUBSCRIPTION),
    }


def _parameters(given: Mapping[str, Any]) -> Json:
    return {
        **{key: _each(given.get(key, ()), _ARG) for key in ARG_LISTS},
        "envVariables": full_variables(given.get("envVariables", ())),
        "archiveFilter": {**_FILTER, **given.get("archiveFilter", {})},
        "logConfig": given.get("logConfig", _LOG_CONFIG),
    }


def _each(items: Sequence[Mapping[str, Any]], usual: Mapping[str, Any]) -> list[Json]:
    return [{**usual, **item} for item in items]


def over(before: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    """The attributes with those that were given; of jobAttributes and its parameterSet too, only what was given."""
    job, new = before.get("jobAttributes", {}), given.get("jobAttributes", {})
    parameters = {**job.get("parameterSet", {}), **new.get("parameterSet", {})}
    return {**before, **given, "jobAttributes": {**job, **new, "parameterSet": parameters}}


def modern(body: Mapping[str, Any]) -> Json:
    """The request with the names of inputs and arguments where they stand now: they were once kept in ``meta``."""
    job = body.get("jobAttributes")
    if not isinstance(job, dict):
        return dict(body)
    new = {**job, **_without_meta(job, ("fileInputs", "fileInputArrays"), "OPTIONAL")}
    if isinstance(parameters := job.get("parameterSet"), dict):
        new["parameterSet"] = {**parameters, **_without_meta(parameters, ARG_LISTS, "INCLUDE_BY_DEFAULT")}
    return {**body, "jobAttributes": new}


def _without_meta(given: Mapping[str, Any], keys: Sequence[str], usual: str) -> Json:
    return {key: [_named(item, usual) for item in items] for key in keys if isinstance(items := given.get(key), list)}


def _named(item: Any, usual: str) -> Any:
    meta = item.get("meta") if isinstance(item, dict) else None
    if not isinstance(meta, dict):
        return item
    told = {key: meta[key] for key in ("name", "description") if meta.get(key)}
    mode = "REQUIRED" if meta.get("required") else usual
    return {"inputMode": mode, **told, **{key: value for key, value in item.items() if key != "meta"}}
