"""The attributes of a system: their defaults, their normal form, and where each of them is kept. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.things import System
from dragoman.dialects.tapis3.system_fields import LEAST, RANGES
from dragoman.dialects.tapis3.system_rules import NOT_SET
from dragoman.dialects.tapis3.variables import CALLER, filled

UNLIMITED = 2_147_483_647
SSH_PORT = 22
SHELLS = {"LINUX": "ssh", "S3": "s3", "IRODS": "irods", "GLOBUS": "globus"}
"""How each type of system is reached."""

Json = dict[str, Any]

DEFAULTS: Mapping[str, Any] = {
    "description": "",
    "port": -1,
    "useProxy": False,
    "proxyHost": "",
    "proxyPort": -1,
    "dtnSystemId": None,
    "canRunBatch": False,
    "enableCmdPrefix": False,
    "allowChildren": False,
    "mpiCmd": None,
    "jobRuntimes": [],
    "jobWorkingDir": None,
    "jobEnvVariables": [],
    "jobMaxJobs": UNLIMITED,
    "jobMaxJobsPerUser": UNLIMITED,
    "batchScheduler": None,
    "batchLogicalQueues": [],
    "batchDefaultLogicalQueue": None,
    "batchSchedulerProfile": None,
    "jobCapabilities": [],
    "tags": [],
    "notes": {},
}
"""Of what can be changed later."""
COLUMNS = ("host", "port", "rootDir", "description", "jobMaxJobs")
"""Attributes that have a column of their own, and are not in the facet."""


def attributes_of(system: System, door: str, kept: Mapping[str, Any] | None = None) -> Json:
    """A system's attributes as they are kept (or with another facet), with nothing filled in for who asks."""
    return {
        **DEFAULTS,
        **(system.facets[door] if kept is None else kept),
        "description": system.description,
        "host": system.host,
        "port": system.port or -1,
        "rootDir": system.root,
        "jobMaxJobs": system.slots,
    }


def normal(attributes: Json, known: Mapping[str, str]) -> Json:
    """The attributes with variables resolved and every inner default filled in."""
    login = attributes["effectiveUserId"]
    queues = [_queue(queue) for queue in attributes["batchLogicalQueues"]]
    default = attributes["batchDefaultLogicalQueue"]
    if not default and len(queues) == 1:
        default = queues[0].get("name")
    port = attributes["port"]
    return {
        **attributes,
        "effectiveUserId": login if login == CALLER else filled(login, known),
        "port": SSH_PORT if port in {0, -1} and attributes.get("systemType") == "LINUX" else port,
        "jobWorkingDir": filled(attributes["jobWorkingDir"] or "", known) or None,
        "jobMaxJobs": _limit(attributes["jobMaxJobs"]),
        "jobMaxJobsPerUser": _limit(attributes["jobMaxJobsPerUser"]),
        "jobRuntimes": [{"version": None, **one} for one in attributes["jobRuntimes"]],
        "jobEnvVariables": full_variables(attributes["jobEnvVariables"]),
        "jobCapabilities": [{"precedence": 100, "value": "", **one} for one in attributes["jobCapabilities"]],
        "batchLogicalQueues": queues,
        "batchDefaultLogicalQueue": default,
    }


def _limit(number: int) -> int:
    return number if number > 0 else UNLIMITED


def _queue(queue: Json) -> Json:
    most = {f"max{of}": _limit(queue.get(f"max{of}", 0)) for of in ("Jobs", "JobsPerUser", *RANGES)}
    least = {f"min{of}": max(queue.get(f"min{of}", LEAST[of]), LEAST[of]) for of in RANGES}
    return {"description": "", **queue, **most, **least}


def full_variables(given: Sequence[Json]) -> list[Json]:
    """Environment variables with every default filled in."""
    full = [{"inputMode": "INCLUDE_BY_DEFAULT", "description": "", "notes": {}, **one} for one in given]
    return [{"value": NOT_SET if one["inputMode"] == "REQUIRED" else "", **one} for one in full]


def columns(attributes: Json) -> Json:
    """What a system's columns get, but for those that never change."""
    batch = attributes["batchScheduler"] if attributes["canRunBatch"] else None
    return {
        "description": attributes["description"],
        "host": attributes.get("host", ""),
        "port": max(attributes["port"], 0),
        "slots": attributes["jobMaxJobs"],
        "scheduler": str(batch or "FORK").lower(),
    }


def finite(**limits: int | None) -> dict[str, int]:
    """The limits that are any."""
    return {name: limit for name, limit in limits.items() if limit is not None and 0 <= limit < UNLIMITED}


def facet(attributes: Json) -> Json:
    """What has no column."""
    left_out = {*COLUMNS, "id", "owner", "enabled", "authnCredential"}
    return {key: value for key, value in attributes.items() if key not in left_out}


def tidy(path: str) -> str:
    """The path without doubled slashes and one at its end; what the host has to tell stays as it is."""
    if not path.startswith("/"):
        return path
    return "/" + "/".join(part for part in path.split("/") if part not in {"", "."})
