"""Reads job requests: JSON or a form, in the spellings of today and of old. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.core.errors import Faults, Invalid
from dragoman.dialects.tapis2.amounts import gigabytes, seconds
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.reader import Reader

Json = dict[str, Any]

_RENAMED: Mapping[str, str] = {
    "softwareName": "appId",
    "jobName": "name",
    "queue": "batchQueue",
    "maxMemory": "memoryPerNode",
    "requestedTime": "maxRunTime",
    "processorCount": "processorsPerNode",
    "processorOnEachNode": "processorsOnEachNode",
    "callbackURL": "callbackUrl",
}
_KNOWN = frozenset(
    {
        *("appId", "name", "archive", "archiveOnAppError", "archivePath", "archiveSystem", "batchQueue", "inputs"),
        *("parameters", "memoryPerNode", "nodeCount", "processorsPerNode", "processorsOnEachNode", "maxRunTime"),
        *("notifications", "executionSystem", "callbackUrl", "dependencies"),
    }
)
BAD_NOTIFICATION = (
    "Invalid notifications[{place}] value given. Each notification object should specify a valid url, event, and an "
    "optional boolean persistence attribute."
)
CALLBACK_EVENTS = ("FINISHED", "FAILED", "STOPPED")


NO_LIMIT = frozenset({"-1", "-1GB"})
"""What the command line writes for a queue without a limit of memory; numbers below zero count as absent anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A job as it is asked for. None, or empty: not said."""

    app_id: str
    name: str
    letter: Json
    """The request as JSON, in the spellings of today."""
    archive: bool = True
    archive_on_error: bool = False
    archive_path: str = ""
    archive_system: str = ""
    queue: str = ""
    execution_system: str = ""
    nodes: int | None = None
    processors: int | None = None
    """All of them together."""
    processors_each: int | None = None
    """On each node."""
    gigabytes: float | None = None
    seconds: int | None = None
    inputs: Json = field(default_factory=dict)
    parameters: Json = field(default_factory=dict)
    others: Json = field(default_factory=dict)
    """Fields of a form that may be inputs or parameters of the app."""
    notifications: tuple[Json, ...] = ()


def read_job(given: Mapping[str, Any], *, is_form: bool = False) -> Asked:
    """The request. Raises Refused in the words of the wire, and Invalid with all else that is wrong."""
    body = {_RENAMED.get(key, key): value for key, value in given.items()}
    faults = Faults()
    read = Reader(body, faults)
    app_id, name = _app_id(read), _name(read)
    if body.get("dependencies"):
        raise Refused(400, "Job dependencies are not yet supported.")
    if "parameter" in body:
        read.complain("Write parameters.", "parameter")
    memory, time = read.text("memoryPerNode", most=32), read.text("maxRunTime", most=20)
    memory = "" if memory.upper() in NO_LIMIT else memory
    if memory and gigabytes(memory) is None:
        read.complain("Write an amount of memory such as 200MB, 1.5GB or 5.", "memoryPerNode")
    if time and seconds(time) is None:
        read.complain("Write a length of time as HH:mm:ss.", "maxRunTime")
    asked = Asked(
        app_id=app_id,
        name=name,
        letter={key: value for key, value in body.items() if key in _KNOWN or is_form},
        archive=read.flag("archive", True),
        archive_on_error=read.flag("archiveOnAppError", False),
        archive_path=read.text("archivePath"),
        archive_system=read.text("archiveSystem", most=64),
        queue=read.text("batchQueue"),
        execution_system=read.text("executionSystem", most=64),
        nodes=read.number("nodeCount", least=1),
        processors=read.number("processorsPerNode", least=1),
        processors_each=read.number("processorsOnEachNode", least=1),
        gigabytes=gigabytes(memory) if memory else None,
        seconds=seconds(time) if time else None,
        inputs=_object(read, "inputs"),
        parameters=_object(read, "parameters"),
        others={key: value for key, value in body.items() if key not in _KNOWN} if is_form else {},
        notifications=_notifications(body),
    )
    if faults:
        raise Invalid(faults)
    return asked


def _app_id(read: Reader) -> str:
    found = str(read.given.get("appId") or "").strip()
    if not found:
        raise Refused(400, "appId cannot be empty")
    if len(found) > 80:
        raise Refused(400, "appId must be less than 80 characters")
    if "-" not in found:
        why = (
            "Invalid appId. Please specify an app using its unique id. The unique id is defined by the app name and "
            "version separated by a hyphen. eg. example-1.0"
        )
        raise Refused(400, why)
    return found


def _name(read: Reader) -> str:
    found = str(read.given.get("name") or "").strip()
    if not found:
        raise Refused(400, "Job name cannot be empty.")
    if len(found) > 64:
        raise Refused(400, "Job name must be less than 64 characters.")
    return read.text("name", most=256).strip()


def _object(read: Reader, key: str) -> Json:
    found = read.below(key)
    return dict(found.given) if found else {}


def _notifications(body: Json) -> tuple[Json, ...]:
    """What is to be told to whom; a single address is told of the end, in the way of old."""
    given = body.get("notifications")
    old = given if isinstance(given, str) else body.get("callbackUrl")
    found: list[Json] = []
    if old:
        found += [{"url": str(old), "event": event, "persistent": False, "policy": {}} for event in CALLBACK_EVENTS]
    if given is None or isinstance(given, str):
        return tuple(found)
    if not isinstance(given, list):
        raise Invalid.field("notifications", why="This must be a list.")
    return (*found, *(_notification(one, place) for place, one in enumerate(given)))


def _notification(given: Any, place: int) -> Json:
    url, event = (given.get(key) if isinstance(given, dict) else None for key in ("url", "event"))
    if not (isinstance(url, str) and isinstance(event, str) and 0 < len(url) <= 1024 and 0 < len(event) <= 32):
        raise Refused(400, BAD_NOTIFICATION.format(place=place))
    persistent, policy = given.get("persistent", False), given.get("policy") or {}
    if str(persistent).lower() not in {"true", "false", "1", "0"} or not isinstance(policy, dict):
        raise Refused(400, BAD_NOTIFICATION.format(place=place))
    return {"url": url, "event": event, "persistent": str(persistent).lower() in {"true", "1"}, "policy": policy}
