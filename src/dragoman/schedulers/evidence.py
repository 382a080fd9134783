"""What a run directory and /proc say of a launch on the service's own host, with a hold on its wrapper.

Plain functions that block; call them from a worker thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Unavailable
from dragoman.core.launch import Ended, Look
from dragoman.schedulers import processes, traces

_REASON_CHARACTERS = 300
_ATTEMPTS = 3
"""A wrapper may end while it is looked at, but not again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found; with a pidfd, which the caller must close, when its wrapper is alive."""

    look: Look
    pid: int = 0
    pidfd: int | None = None


def find(directory: str, token: str, *, watched: bool = False) -> Finding:
    """Look at one launch; ``watched``: its wrapper was alive a moment ago, and its end will be told.

    A launch whose wrapper died before its command began is made sure never to begin. Raises Unavailable when the
    directory cannot be read or written.
    """
    try:
        return Finding(look=_glance(directory, token)) if watched else _find(directory, token)
    except OSError as problem:
        raise Unavailable(f"The run directory {directory} cannot be looked at: {problem}") from problem


def look_of(trace: Mapping[str, Any]) -> Look:
    """The trace of a launch (see ``traces.look``) in the house's words."""
    end = trace.get("end")
    if end:
        return Look(
            started=True,
            ended=Ended(end["ended"]),
            reason=_reason(end),
            exit_code=end["exit_code"],
            started_at=end["started_at"],
            ended_at=end["ended_at"],
        )
    state, at = trace["state"], trace.get("at")
    if state == "alive":
        return Look(started=True, started_at=at, handle={"pid": trace["pid"]} if trace.get("pid") else {})
    if state == "lost":
        return Look(started=True, ended=Ended.LOST, started_at=at)
    return Look(started=False, dead=state == "dead")


def _reason(end: Mapping[str, Any]) -> str:
    """What kept the wrapper from its work, in a short line: where people own the run directory, it may be anything."""
    told = " ".join(str(end.get("reason", "")).split())
    return told[:_REASON_CHARACTERS] if told.isprintable() else ""


def _glance(directory: str, token: str) -> Look:
    end = traces.ended(directory, token)
    return look_of({"state": "alive", "end": end, **traces.introduced(directory, token)})


def _find(directory: str, token: str) -> Finding:
    for _ in range(_ATTEMPTS):
        trace = traces.look(directory, token)
        if trace["state"] != "alive":
            return Finding(look=look_of(trace))
        pidfd = processes.hold(trace["pid"], trace["start"])
        if pidfd is not None:
            return Finding(look=look_of(trace), pid=trace["pid"], pidfd=pidfd)
    raise OSError("its wrapper is alive, but cannot be watched")
