"""The nouns of a job: what somebody asked for, the workload that a run executes, and the facts kept about both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.core.errors import Path
from dragoman.core.hosted import Hosted, hosted_as_json, hosted_from_json
from dragoman.core.states import Cause, JobState, RunState, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A stored file that is put below the working directory before the first step."""

    file_id: int
    name: str
    unpack: bool = False
    """Unpack it when it is an archive; anything else is put in place as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a workload, run by a shell in the working directory; the next starts only when it exits with 0."""

    command: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStyle:
    """How the output of the steps is written: one merged file whose lines may be stamped with the UTC time."""

    name: str
    """Path below the working directory."""
    stamp: bool = False
    """Start each line with ``[2023-09-26T13:41:17Z]: ``."""
    opening: str = ""
    """A line before each step; ``{command}`` and ``{directory}`` are filled in."""
    closing: tuple[str, ...] = ()
    """Lines after each step; ``{code}`` is filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRule:
    """Keeps or drops some of the files a run leaves. The last rule that matches a file decides."""

    kind: str
    """``generated``, ``template``, ``input`` (an unpacked input left as it was) or ``glob``."""
    include: bool = True
    pattern: str = ""
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a run needs and where. Times in seconds, memory in megabytes."""

    system: str
    queue: str
    cores: int = 1
    nodes: int = 1
    at_once: int = 1
    """How many runs of the job may execute at the same time."""
    walltime: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a run executes: inputs into a fresh directory, steps one after another, then outputs out of it."""

    steps: tuple[Step, ...]
    resources: Resources
    log: LogStyle
    inputs: tuple[Input, ...] = ()
    home_files: Mapping[str, str] = field(default_factory=dict)
    """Small text files put into the run's home directory: name to text."""
    key_variable: str = ""
    """Name of the variable that carries the running job's own token; empty: it gets none."""
    outputs: tuple[OutputRule, ...] = ()
    """Empty: every file is kept."""
    hosted: Hosted | None = None
    """Set for a workload in directories of people's own; of the rest, only the resources count then."""


NO_WORKLOAD = Workload(steps=(), resources=Resources(system="", queue=""), log=LogStyle(name=""))
"""That of a job whose runs are not ours to execute, or which was not read."""

SPEC_VERSION = 1


def workload_as_json(workload: Workload) -> dict[str, Any]:
    """The workload as plain JSON values, with the version of this form."""
    resources = workload.resources
    return {
        "version": SPEC_VERSION,
        "steps": [{"command": s.command, "environment": dict(s.environment)} for s in workload.steps],
        "resources": {
            "system": resources.system,
            "queue": resources.queue,
            "cores": resources.cores,
            "nodes": resources.nodes,
            "at_once": resources.at_once,
            "walltime": resources.walltime,
        },
        "log": {
            "name": workload.log.name,
            "stamp": workload.log.stamp,
            "opening": workload.log.opening,
            "closing": list(workload.log.closing),
        },
        "inputs": [{"file_id": i.file_id, "name": i.name, "unpack": i.unpack} for i in workload.inputs],
        "home_files": dict(workload.home_files),
        "key_variable": workload.key_variable,
        "outputs": [
            {"kind": o.kind, "include": o.include, "pattern": o.pattern, "case_sensitive": o.case_sensitive}
            for o in workload.outputs
        ],
        "hosted": workload.hosted and hosted_as_json(workload.hosted),
    }


def workload_from_json(value: Mapping[str, Any]) -> Workload:
    """The inverse of ``workload_as_json``; accepts every version ever stored."""
    log, hosted = value["log"], value.get("hosted")
    return Workload(
        steps=tuple(Step(**step) for step in value["steps"]),
        resources=Resources(**value["resources"]),
        log=LogStyle(**{**log, "closing": tuple(log["closing"])}),
        inputs=tuple(Input(**item) for item in value["inputs"]),
        home_files=value["home_files"],
        key_variable=value["key_variable"],
        outputs=tuple(OutputRule(**rule) for rule in value["outputs"]),
        hosted=hosted_from_json(hosted) if hosted else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftInput:
    """A stored file that a request names by its door's alias."""

    alias: str
    where: Path
    """Where in the request it stands, for the complaint when it is unknown."""
    unpack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A job as a door has read it, before the desk has looked up what it refers to."""

    door: str
    alias: str
    name: str
    letter: str
    workload: Workload
    """Without inputs; the desk adds them."""
    inputs: tuple[DraftInput, ...]
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHead:
    """What lists know of a job. Times are microseconds since 1970, UTC."""

    id: int
    door: str
    alias: str
    """The id that the job's own door shows for it."""
    owner_id: int
    name: str
    state: JobState
    outcome: RunState | None
    cause: Cause
    reason: str
    progress: RunState | None
    """The furthest state any of its runs has reached; None before the first submit."""
    wish: Wish
    notes: Mapping[str, Any]
    """What the door lets people change later (description, project, tags …)."""
    input_bytes: int
    output_bytes: int
    runs: int
    """How many runs it was submitted with."""
    created_at: int
    updated_at: int
    submitted_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(JobHead):
    """What somebody asked for, whole."""

    letter: str
    """The foreign request, word for word as it came."""
    workload: Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a job's workload in one place."""

    id: int
    job_id: int
    number: int
    """1, 2, 3 … inside the job."""
    state: RunState
    left: RunState | None
    """The state that was left, while BLOCKED or PAUSED."""
    cause: Cause
    reason: str
    exit_code: int | None
    system_id: int
    queue: str
    token: str
    """The attempt's idempotency key on the far side; empty before the first attempt."""
    handle: Mapping[str, Any]
    wish: Wish
    variables: tuple[Mapping[str, Any], ...]
    output_count: int
    output_bytes: int | None
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact that happened to a job or one of its runs, in order, for ever."""

    seq: int
    run_id: int | None
    at: int
    kind: str
    """``move`` (from ``was`` to ``now``), ``wish`` (``now`` is the wish), or a kind of ``core.notices``."""
    was: str
    now: str
    cause: Cause
    reason: str
