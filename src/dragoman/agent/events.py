"""What a node tells of its goals and plugins, as measurements whose values are JSON texts. Pure.

Names and fields: docs/dialects/sage.md, life cycle and events.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from dragoman.agent.plate import Plate
from dragoman.agent.read_goals import Task
from dragoman.core.edge import Firing, KeptGoal, NewFiring, Scope, Stream, Told
from dragoman.core.rules import Point
from dragoman.core.rules.lookup import Scalar
from dragoman.core.states import RunState

_PLUGIN = "sys.scheduler.status.plugin"
_GOAL = "sys.scheduler.status.goal"
LAST_EXECUTION = "sys.scheduler.plugin.lastexecution"
SUBMIT = "sys.scheduler.submit"
"""A rule asks the centre to start a stored job."""
CLEANED_UP = "Cleaning up the plugin due to deletion of the goal"
MOST_LOG = 1024
"""Bytes of what a failed plugin wrote last."""
LINES = 3
MOST_TEXT = 2048
"""Characters of any text about an execution: the centre refuses longer values, and would never hear of its end."""

NAMES: Mapping[RunState, tuple[str, ...]] = {
    RunState.SUBMITTING: ("scheduled", "launched"),
    RunState.QUEUED: ("initializing",),
    RunState.RUNNING: ("running",),
    RunState.FINISHED: ("complete",),
    RunState.FAILED: ("failed",),
    RunState.CANCELLED: ("failed",),
}
"""What is told when a run comes into a state; of the others, nothing."""

MOST_VALUES, MOST_LETTERS = 50, 100
"""Of one measurement, and of one text, that a rule's own event tells."""

_STATUS = {"running": "Running", "complete": "Succeeded", "failed": "Failed"}
_POD = ("scheduled", "launched", "initializing", "running", "complete", "failed", "event")
_REGISTRY = re.compile(r"[^/]*[.:][^/]*/|localhost/")


def task_of(plugin: str, job: str) -> str:
    """The name of a plugin within its job, as pods and meta have it."""
    return f"{plugin}-{job}"


def image_name(image: str) -> str:
    """An image without its registry, with a tag."""
    plain = _REGISTRY.sub("", image, count=1)
    return plain if ":" in plain.rpartition("/")[2] else f"{plain}:latest"


def plugin_event(kind: str, firing: Firing | NewFiring, plate: Plate, *, at: int, **more: Any) -> Told:
    """Something that happened to an execution of a plugin; ``at`` in microseconds."""
    spec, task = firing.spec, task_of(firing.plugin, firing.job)
    fields: dict[str, Any] = {
        "plugin_name": firing.plugin,
        "plugin_image": spec.get("image", ""),
        "plugin_task": task,
        "plugin_args": " ".join(spec.get("args") or ()),
        "plugin_selector": json.dumps(spec.get("selector") or {}, separators=(",", ":")),
        "goal_id": firing.goal,
        "pluginruntime_pod_instance": firing.pod,
    }
    if kind in _POD:
        fields |= {
            "k3s_pod_name": task,
            "k3s_pod_status": _STATUS.get(kind, "Pending"),
            "k3s_pod_node_name": plate.host,
            "k3s_pod_instance": firing.pod,
            "k3s_pod_uid": str(uuid5(NAMESPACE_OID, f"{firing.goal} {firing.pod}")),
        }
    told = {key: value[:MOST_TEXT] if isinstance(value, str) else value for key, value in (fields | more).items()}
    return _event(f"{_PLUGIN}.{kind}", told, plate, at)


def goal_event(kind: str, goal: KeptGoal, plate: Plate, *, at: int) -> Told:
    """Something that happened to a goal: received, updated, removed."""
    return _event(f"{_GOAL}.{kind}", {"goal_id": goal.alias, "goal_name": goal.name, "job_id": goal.job}, plate, at)


def last_execution(plugin: str, plate: Plate, *, at: int) -> Told:
    """A plugin has ended well; only the node itself is told."""
    return Told(measurement=plate.stamp(at, LAST_EXECUTION, plugin), stream=Stream.EVENTS, scope=Scope.NODE)


def submit_event(task: Task, looked: Mapping[str, Sequence[Point]], plate: Plate, *, at: int) -> Told:
    """A rule asks for a stored job, because of the values that it has looked at: their times in microseconds."""
    rule = task.rule
    fields = {
        "goal_id": task.goal,
        "job_id": task.job,
        "submit": rule.object,
        "parameters": dict(rule.parameters),
        "rule": rule.text,
        "values": {name: _last(points) for name, points in looked.items() if points},
    }
    return _event(SUBMIT, fields, plate, at)


def _last(points: Sequence[Point]) -> list[tuple[int, Scalar]]:
    last = points[-MOST_VALUES:]
    return [(one.at, one.value[:MOST_LETTERS] if isinstance(one.value, str) else one.value) for one in last]


def last_lines(text: str) -> str:
    """What a failed plugin wrote last."""
    lines = "\n".join(text.rstrip("\n").splitlines()[-LINES:])
    return lines.encode()[-MOST_LOG:].decode(errors="ignore")


def _event(name: str, fields: Mapping[str, Any], plate: Plate, at: int) -> Told:
    value = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return Told(measurement=plate.stamp(at, name, value), stream=Stream.EVENTS)
