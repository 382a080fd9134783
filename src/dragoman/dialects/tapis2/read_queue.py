"""Reads and writes the queues of an execution system. Pure."""

from collections.abc import Mapping
from typing import Any

from dragoman.dialects.tapis2.amounts import gigabytes, seconds
from dragoman.dialects.tapis2.reader import Reader
from dragoman.dialects.tapis2.system_words import LIMITS, QUEUE

Json = dict[str, Any]


def read_queues(read: Reader, *, required: bool) -> list[Json]:
    """The queues, of which one is the default."""
    found = [read_queue(one) for one in read.each("queues")]
    names = [one["name"] for one in found]
    if len(set(names)) < len(names):
        read.complain("A name is there more than once.", "queues")
    if required and not found:
        read.complain("An HPC system needs at least one queue.", "queues")
    defaults = [one for one in found if one["default"]]
    if len(defaults) > 1:
        read.complain("Only one queue can be the default.", "queues")
    if found and not defaults:
        found[0]["default"] = True
    return found


def read_queue(read: Reader) -> Json:
    """One queue; a limit that is absent, or negative, is none."""
    memory, time = _memory(read), read.text("maxRequestedTime", most=20)
    if time and seconds(time) is None:
        read.complain("Write a length of time as hh:mm:ss.", "maxRequestedTime")
    return {
        "name": read.text("name", required=True, most=128),
        "mappedName": read.text("mappedName", most=128) or None,
        "default": read.flag("default", False),
        "description": read.text("description", most=512) or None,
        **{name: read.number(name, least=1) for name in LIMITS},
        "maxMemoryPerNode": memory,
        "maxRequestedTime": time or None,
        "customDirectives": read.text("customDirectives", most=32_768, lines=True) or None,
    }


def _memory(read: Reader) -> float | None:
    text = read.text("maxMemoryPerNode", most=32)
    if not text or text.startswith("-"):
        return None
    found = gigabytes(text)
    if found is None:
        read.complain("Write an amount of memory such as 2GB.", "maxMemoryPerNode")
    return found


def write_queue(queue: Mapping[str, Any]) -> Json:
    """A queue as it is shown: -1 where there is no limit."""
    limits = {name: queue.get(name) or -1 for name in LIMITS}
    return {**_PLAIN, **queue, **limits, "maxMemoryPerNode": queue.get("maxMemoryPerNode") or -1}


_PLAIN: Mapping[str, Any] = {
    "name": QUEUE,
    "mappedName": None,
    "default": True,
    "description": None,
    "maxJobs": None,
    "maxUserJobs": None,
    "maxNodes": None,
    "maxProcessorsPerNode": None,
    "maxMemoryPerNode": None,
    "maxRequestedTime": None,
    "customDirectives": None,
}


def queues_of(facet: Mapping[str, Any]) -> list[Json]:
    """The queues of a system; where none were given, the one that takes everything."""
    return [dict(one) for one in facet.get("queues") or [_PLAIN]]
