"""What a run directory and /proc say of a launch: not begun, alive, ended, lost, or dead before it began.

Plain functions that block; call them from a worker thread.
"""

import json
import os
from dataclasses import dataclass
from typing import Any

from dragoman.core.errors import Unavailable
from dragoman.core.launch import Ended, Look
from dragoman.schedulers import processes

_NEVER = "never"
"""What ``launched`` points to when the wrapper died before the command began."""


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


def _glance(directory: str, token: str) -> Look:
    facts = _read(os.path.join(_guard(directory, token), "pid.json"))
    return _ended(directory, token) or Look(started=True, started_at=facts.get("at"), handle=_handle(facts.get("pid")))


def _find(directory: str, token: str) -> Finding:
    if look := _ended(directory, token):
        return Finding(look=look)
    if not os.path.isdir(_guard(directory, token)):
        return Finding(look=Look(started=False))
    facts = _read(os.path.join(_guard(directory, token), "pid.json"))
    if facts.get("boot") == processes.boot_id():
        pidfd = processes.hold(facts["pid"], facts["start"])
        if pidfd is not None:
            look = Look(started=True, started_at=facts["at"], handle=_handle(facts["pid"]))
            return Finding(look=look, pid=facts["pid"], pidfd=pidfd)
    # It may have ended between the two looks.
    return Finding(look=_ended(directory, token) or _gone(directory, token, facts))


def _gone(directory: str, token: str, facts: dict[str, Any]) -> Look:
    launched = os.path.join(_guard(directory, token), "launched")
    try:
        os.symlink(_NEVER, launched)
    except FileExistsError:
        if not os.path.islink(launched):
            return Look(started=True, ended=Ended.LOST, started_at=facts.get("at"))
    return Look(started=False, dead=True)


def _ended(directory: str, token: str) -> Look | None:
    end = _read(os.path.join(directory, "exit.json"))
    if end.get("token") != token:
        return None
    return Look(
        started=True,
        ended=Ended(end["ended"]),
        exit_code=end["exit_code"],
        started_at=end["started_at"],
        ended_at=end["ended_at"],
    )


def _guard(directory: str, token: str) -> str:
    return os.path.join(directory, f".started-{token}")


def _handle(pid: int | None) -> dict[str, object]:
    return {"pid": pid} if pid else {}


def _read(path: str) -> dict[str, Any]:
    # Unreadable is as good as missing: a host that lost its power may leave an empty file.
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
