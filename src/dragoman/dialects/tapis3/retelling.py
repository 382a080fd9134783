"""What this door tells others of a system, and what it makes of what they tell. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.core.hosteval import BEGINNING
from dragoman.core.retelling import Facet, Queue, Telling
from dragoman.core.things import System
from dragoman.dialects.tapis3.read_credential import METHODS
from dragoman.dialects.tapis3.system_fields import RUNTIMES
from dragoman.dialects.tapis3.system_parts import UNLIMITED, Json, attributes_of, facet, normal
from dragoman.dialects.tapis3.system_rules import NOT_SET
from dragoman.dialects.tapis3.variables import CALLER

_WORDS = {ours: word for word, ours in METHODS.items()}
_LIMITS: Mapping[str, str] = {
    "runs": "maxJobs",
    "per_owner": "maxJobsPerUser",
    "nodes": "maxNodeCount",
    "cores": "maxCoresPerNode",
    "megabytes": "maxMemoryMB",
    "minutes": "maxMinutes",
}


class Words:
    """See core.retelling.Teller."""

    def __init__(self, door: str) -> None:
        self._door = door

    def tell(self, system: System) -> Telling:
        """What the attributes say."""
        return telling(attributes_of(system, self._door))

    def retell(self, told: Telling, system: System, before: Facet) -> Facet:
        """The attributes that say what was told."""
        known = {one["name"]: one for one in before.get("batchLogicalQueues", ())}
        variables = [{"key": key, "value": value} for key, value in (told.variables or {}).items()]
        attributes: Json = {
            **attributes_of(system, self._door, before),
            "systemType": system.kind.upper(),
            "effectiveUserId": told.login or CALLER,
            "defaultAuthnMethod": _WORDS.get(told.method, "PKI_KEYS"),
            "bucketName": told.bucket,
            "canExec": told.executes,
            "canRunBatch": told.batch,
            "jobRuntimes": before.get("jobRuntimes") or [{"runtimeType": name} for name in RUNTIMES],
            "jobWorkingDir": told.directory or before.get("jobWorkingDir"),
            "jobEnvVariables": variables,
            "jobMaxJobsPerUser": told.per_owner or UNLIMITED,
            "batchScheduler": system.scheduler.upper() if told.batch else None,
            "batchLogicalQueues": [_queue(one, known.get(one.name, {})) for one in told.queues] if told.batch else [],
            "batchDefaultLogicalQueue": told.queue if told.batch else None,
        }
        return facet(normal(attributes, {}))


def telling(attributes: Json) -> Telling:
    """What the attributes of a system say."""
    directory, login = attributes["jobWorkingDir"] or "", attributes.get("effectiveUserId", CALLER)
    is_plain = BEGINNING not in directory and "${" not in directory
    return Telling(
        executes=bool(attributes.get("canExec")),
        directory=f"/{directory.strip('/')}" if directory and is_plain else "",
        method=METHODS.get(attributes.get("defaultAuthnMethod", ""), ""),
        login="" if login == CALLER else login,
        batch=bool(attributes["canRunBatch"]),
        queues=tuple(map(_told_queue, attributes["batchLogicalQueues"])),
        queue=attributes["batchDefaultLogicalQueue"] or "",
        variables={
            one.get("key", ""): one["value"] for one in attributes["jobEnvVariables"] if one["value"] != NOT_SET
        },
        per_owner=_finite(attributes["jobMaxJobsPerUser"]),
        bucket=attributes.get("bucketName") or "",
    )


def _told_queue(queue: Mapping[str, Any]) -> Queue:
    limits = {ours: _finite(queue.get(word)) for ours, word in _LIMITS.items()}
    name = queue.get("name", "")
    return Queue(
        name=name, real_name=queue.get("hpcQueueName", name), description=queue.get("description", ""), **limits
    )


def _queue(told: Queue, before: Mapping[str, Any]) -> Json:
    limits = {word: getattr(told, ours) or UNLIMITED for ours, word in _LIMITS.items()}
    words = {"name": told.name, "hpcQueueName": told.real_name, "description": told.description}
    return {**before, **words, **limits}


def _finite(limit: int | None) -> int | None:
    return limit if limit is not None and 0 <= limit < UNLIMITED else None
