"""What this door keeps of a system, and what it tells other doors and makes of what they tell. Pure."""

import shlex
from collections.abc import Mapping
from typing import Any

from dragoman.core.retelling import Facet, Queue, Telling
from dragoman.core.things import System
from dragoman.dialects.tapis2.amounts import clock, seconds
from dragoman.dialects.tapis2.places import resolved
from dragoman.dialects.tapis2.read_queue import queues_of
from dragoman.dialects.tapis2.system_words import CLI, EXECUTION, HPC, METHODS, SCHEDULERS, STORAGE

Json = dict[str, Any]

UNLIMITED = 2_147_483_647
_METHOD = {ours: word for word, ours in METHODS.items()}
_STORE = {"ssh": "SFTP", "local": "LOCAL", "s3": "S3"}
_LOGIN = {"ssh": "SSH", "local": "LOCAL"}
_LIMITS: Mapping[str, str] = {
    "runs": "maxJobs",
    "per_owner": "maxUserJobs",
    "nodes": "maxNodes",
    "cores": "maxProcessorsPerNode",
}


class Words:
    """See core.retelling.Teller."""

    def __init__(self, door: str) -> None:
        self._door = door

    def tell(self, system: System) -> Telling:
        """What the facet says."""
        return telling(system.facets[self._door])

    def retell(self, told: Telling, system: System, before: Facet) -> Facet:
        """A facet that says what was told."""
        common = {
            "name": before.get("name") or system.name,
            "site": before.get("site"),
            "status": before.get("status", "UP"),
            "available": True,
            "protocol": _STORE.get(system.shell, system.shell.upper()),
            "homeDir": before.get("homeDir", "/"),
            "mirror": before.get("mirror", False),
            "publicAppsDir": before.get("publicAppsDir"),
            "bucketName": told.bucket,
            "authType": "LOCAL" if system.shell == "local" else _METHOD.get(told.method, ""),
            "username": told.login,
            "revision": before.get("revision", 0) + 1,
        }
        if not told.executes:
            return {**before, **common, "type": STORAGE}
        queues = {one["name"]: one for one in before.get("queues", ())}
        return {
            **before,
            **common,
            "type": EXECUTION,
            "twin": before.get("twin", True),
            "loginProtocol": _LOGIN.get(system.shell, system.shell.upper()),
            "executionType": HPC if told.batch else CLI,
            "scheduler": _scheduler(before, system),
            "environment": "\n".join(f"{key}={shlex.quote(value)}" for key, value in (told.variables or {}).items()),
            "startupScript": before.get("startupScript"),
            "maxSystemJobsPerUser": told.per_owner,
            "queues": [_queue(one, queues.get(one.name, {}), told.queue) for one in told.queues],
            "scratchDir": told.directory,
            "workDir": "",
        }


def telling(facet: Mapping[str, Any]) -> Telling:
    """What a facet says."""
    executes = facet["type"] == EXECUTION
    queues = queues_of(facet) if facet.get("queues") else []
    return Telling(
        executes=executes,
        directory=work_directory(facet) if executes else "",
        method=METHODS.get(facet["authType"], ""),
        login=facet["username"],
        batch=executes and SCHEDULERS.get(facet.get("scheduler", "")) != "fork",
        queues=tuple(map(_told_queue, queues)),
        queue=next((one["name"] for one in queues if one["default"]), ""),
        variables=variables(facet.get("environment", "")),
        per_owner=facet.get("maxSystemJobsPerUser"),
        bucket=facet.get("bucketName") or "",
    )


def work_directory(facet: Mapping[str, Any]) -> str:
    """Where the directories of jobs are made, below the root of the system; the home where nothing else is said."""
    home = "" if ".." in facet["homeDir"] else facet["homeDir"]
    wanted = facet.get("scratchDir") or facet.get("workDir") or ""
    return resolved("" if ".." in wanted else wanted, home)


def variables(text: str) -> dict[str, str]:
    """The variables of an environment: ``KEY=VALUE`` behind spaces or line breaks, quoted as a shell reads them."""
    try:
        words = shlex.split(text or "", comments=True)
    except ValueError:
        words = (text or "").split()
    pairs = (word.removeprefix("export ").partition("=") for word in words)
    return {key: value for key, equals, value in pairs if equals and key.isidentifier()}


def _scheduler(before: Facet, system: System) -> str:
    kept = str(before.get("scheduler", ""))
    return kept if SCHEDULERS.get(kept) == system.scheduler else system.scheduler.upper()


def _told_queue(queue: Mapping[str, Any]) -> Queue:
    memory, time = queue.get("maxMemoryPerNode"), queue.get("maxRequestedTime")
    length = seconds(time) if time else None
    return Queue(
        name=queue["name"],
        real_name=queue.get("mappedName") or queue["name"],
        description=queue.get("description") or "",
        megabytes=int(memory * 1024) if memory else None,
        minutes=length // 60 if length else None,
        **{ours: queue.get(word) for ours, word in _LIMITS.items()},
    )


def _queue(told: Queue, before: Mapping[str, Any], default: str) -> Json:
    return {
        "customDirectives": None,
        **before,
        "name": told.name,
        "mappedName": told.real_name if told.real_name != told.name else None,
        "default": told.name == default,
        "description": told.description or None,
        **{word: getattr(told, ours) for ours, word in _LIMITS.items()},
        "maxMemoryPerNode": told.megabytes / 1024 if told.megabytes else None,
        "maxRequestedTime": clock(told.minutes * 60) if told.minutes else None,
    }
