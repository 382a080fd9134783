"""What a run directory and /proc say of a wrapper: waiting, alive, ended, lost, or dead before its command began.

Standard library only: this is also loaded on its own, outside the service.
"""

from __future__ import annotations

import json
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dragoman.schedulers import processes
else:
    try:
        from dragoman.schedulers import processes
    except ImportError:
        import processes

_ENDS = ("EXITED", "STOPPED", "WALLTIME", "SCHEDULER")
_NEVER = "never"
"""What ``launched`` points to when the wrapper died before the command began."""


def look(directory: str, token: str) -> dict[str, Any]:
    """What is known of one launch: its ``state``, and with it ``pid``, ``start`` and ``at``, or its ``end``.

    A launch whose wrapper died before its command began is made sure never to begin. Raises OSError when the directory
    cannot be read or written.
    """
    if end := ended(directory, token):
        return {"state": "ended", "end": end}
    if not _is_folder(guard(directory, token)):
        return {"state": "waiting"}
    facts = introduced(directory, token)
    if facts.get("boot") == processes.boot_id() and is_there(facts):
        return {"state": "alive", **facts}
    # It may have ended between the two looks.
    if end := ended(directory, token):
        return {"state": "ended", "end": end}
    return {"state": _gone(directory, token), "at": facts.get("at")}


def is_there(facts: dict[str, Any]) -> bool:
    """Whether the wrapper that introduced itself so is alive (on this boot of the host)."""
    process = processes.find(facts["pid"])
    return process is not None and process.alive and process.start == facts["start"]


def introduced(directory: str, token: str) -> dict[str, Any]:
    """What the wrapper has said of itself: ``pid``, ``start``, ``boot`` and ``at``; empty when it has not yet."""
    facts = _read(os.path.join(guard(directory, token), "pid.json"))
    return facts if all(_is_count(facts.get(name)) for name in ("pid", "start", "at")) else {}


def ended(directory: str, token: str) -> dict[str, Any] | None:
    """How the wrapper has said that it ended; None when it has not, or not under this token."""
    end = _read(os.path.join(directory, "exit.json"))
    return end if end.get("token") == token and is_end(end) else None


def is_end(end: dict[str, Any]) -> bool:
    """Whether this can be a wrapper's word: where people own the run directory, anything may lie there."""
    code = end.get("exit_code")
    times = _is_count(end.get("started_at")) and _is_count(end.get("ended_at"))
    return times and end.get("ended") in _ENDS and (code is None or (_is_count(code) and code < 256))


def guard(directory: str, token: str) -> str:
    """The path of the run-once guard."""
    return os.path.join(directory, f".started-{token}")


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 62


def _gone(directory: str, token: str) -> str:
    launched = os.path.join(guard(directory, token), "launched")
    try:
        os.symlink(_NEVER, launched)
    except FileExistsError:
        if not stat.S_ISLNK(os.lstat(launched).st_mode):
            return "lost"
    return "dead"


def _is_folder(path: str) -> bool:
    # Unlike os.path.isdir it does not take a host out of breath for one without the directory.
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _read(path: str) -> dict[str, Any]:
    # Unreadable is as good as missing: a host that lost its power may leave an empty file.
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
