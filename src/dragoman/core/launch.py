"""What a scheduler is asked to start and what it answers when it is asked to look."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from dragoman.core.job import LogStyle

_OURS, _GUARD = frozenset({"run.json", "exit.json", ".dragoman"}), ".started-"


def is_ours(path: str, work: str) -> bool:
    """Whether a path is, or lies in, what the house itself keeps in the working directory of a run of people's own."""
    above = f"{work.rstrip('/')}/"
    name = path.removeprefix(above).partition("/")[0]
    return path.startswith(above) and (name in _OURS or name.startswith(_GUARD))


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchStep:
    """One command, ready to start: an argument list and the whole environment it gets."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] | None
    """None: that of the login."""
    command: str
    """The user's own text, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Everything the wrapper on the execution host needs; written into the run directory before the start.

    A run directory holds ``run.json`` (this), ``.started-TOKEN/`` (the run-once guard), ``exit.json`` (the end),
    ``tmp/`` (the private /tmp of the step that runs, empty when it begins) and ``home/work/`` (the only part that the
    user's commands may write).
    """

    token: str
    steps: tuple[LaunchStep, ...]
    work: str
    """Absolute path of the working directory."""
    log: LogStyle
    log_bytes: int
    """The log is cut after so many bytes, and says so."""
    walltime: int | None
    """Seconds; None: no limit."""
    grace: float
    """Seconds between SIGTERM and SIGKILL."""
    script: str = ""
    """A batch system submits this file of the run directory (a name in it); others run the steps."""
    private_processes: bool = False
    """The steps run in a process space of their own, so that ending its first process ends all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchScript:
    """What a batch system is to be given: a file of the run directory, as ``Launch`` names it, and its text."""

    script: str
    text: str | None
    """None: there is no such file."""
    grace: float


def launch_json(launch: Launch) -> str:
    """The text of ``run.json``."""
    # Not by dataclasses.asdict: it copies every word of each argument list, which takes three times as long as this.
    return json.dumps(launch, default=_parts)


def _parts(of: Any) -> dict[str, Any]:
    return {part.name: getattr(of, part.name) for part in fields(of)}


class Ended(StrEnum):
    """How a launch ended, as its wrapper wrote it down."""

    EXITED = "EXITED"
    """All steps were run or one exited with a code other than zero."""
    STOPPED = "STOPPED"
    WALLTIME = "WALLTIME"
    LOST = "LOST"
    """The wrapper is gone and left no word."""
    MEMORY = "MEMORY"
    """It took more memory than it was given."""
    NODE = "NODE"
    """The machine under it failed."""
    SCHEDULER = "SCHEDULER"
    """Its batch scheduler, or somebody there, ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a scheduler knows of one token. ``ended`` None: still there (or, with ``started`` false, not begun)."""

    started: bool
    ended: Ended | None = None
    dead: bool = False
    """Nothing ran under this token and nothing ever will: start again under another."""
    pending: bool = False
    """Not begun, but its batch scheduler knows it and will begin it."""
    scheduler_state: str = ""
    """In the batch scheduler's own word."""
    reason: str = ""
    """Why it waits or how it ended, in the batch scheduler's own words; what kept the wrapper from its work."""
    exit_code: int | None = None
    """Of the last step that ran; 128 + n when signal n ended it."""
    started_at: int | None = None
    ended_at: int | None = None
    handle: Mapping[str, object] = field(default_factory=dict)
    """The scheduler's own facts, kept with the run (process id, start time, batch job id …)."""
