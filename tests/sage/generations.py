"""What the scheduler's own client decodes of a job, generation by generation, and how strictly its language does so.

That client fails with an error on a value of another type than its own, and shows emptiness for what is not there.
Names match in any letter case when none matches exactly; null fits everywhere; what is not in the table is passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

TEXT, TRUTH, TIME, ANYTHING = "text", "truth", "time", "anything"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""As far as we use it: the client prints another zone than Z twice."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list of one kind."""

    of: "Kind"


@dataclass(frozen=True, slots=True)
class Table:
    """A map from any text to one kind."""

    of: "Kind"


Kind: TypeAlias = str | Many | Table | Mapping[str, "Kind"]
"""The last stands for a structure of these fields."""

_SPEC: Mapping[str, Kind] = {
    **dict.fromkeys(("image", "node", "job", "entrypoint"), TEXT),
    **dict.fromkeys(("privileged", "develop"), TRUTH),
    **dict.fromkeys(("selector", "env"), Table(TEXT)),
    "args": Many(TEXT),
}
_SHIM: Kind = {
    "name": TEXT,
    "match": dict.fromkeys(("id", "type", "orientation", "resolution"), TEXT),
    "handler": {"type": TEXT, "args": Table(TEXT)},
}
_PLUGIN: Mapping[str, Kind] = {"name": TEXT, "plugin_spec": _SPEC}


def _job(plugin: Kind, rule: Kind, state: Mapping[str, Kind]) -> Mapping[str, Kind]:
    """The structure of a job; what changed between generations is given."""
    part: Kind = {"name": TEXT, "plugins": Many(plugin), "science_rules": Many(rule)}
    goal: Kind = {**dict.fromkeys(("id", "job_id", "name"), TEXT), "sub_goals": Many(part), "conditions": Many(TEXT)}
    return {
        **dict.fromkeys(("name", "job_id", "user", "email"), TEXT),
        **dict.fromkeys(("notification_on", "node_tags", "science_rules", "success_criteria"), Many(TEXT)),
        "plugins": Many(plugin),
        "nodes": Table(ANYTHING),
        "science_goal": goal,
        **state,
    }


_STATE: Mapping[str, Kind] = {
    "state": {
        "last_state": TEXT,
        **dict.fromkeys(("last_updated", "last_submitted", "last_started", "last_completed"), TIME),
    }
}
_STATUS: Mapping[str, Kind] = {"context": TEXT, "scheduling": TEXT, "since": TIME}
_NEWEST: Mapping[str, Kind] = {
    "name": TEXT,
    "plugin_spec": {**_SPEC, "resource": Table(TEXT), "volume": Table(TEXT)},
    "goal_id": TEXT,
    "job_id": TEXT,
}

JOBS: Mapping[str, Mapping[str, Kind]] = {
    "0.16": _job(
        {**_PLUGIN, "status": _STATUS, "DataShims": Many(_SHIM)}, TEXT, {"status": TEXT, "last_updated": TIME}
    ),
    "0.18": _job({**_PLUGIN, "datathims": Many(_SHIM), "goal_id": TEXT}, {"rule": TEXT}, _STATE),
    "0.23": _job(_NEWEST, {"rule": TEXT}, _STATE),
}
"""By the first version of a generation; 0.28 is of the last. ``datathims`` is so in the source."""


def decoded(value: Any, kind: Kind, where: str = "") -> Any:
    """What a variable of that kind holds afterwards; for null and for nothing: emptiness. Raises TypeError."""
    if isinstance(kind, Many):
        return [decoded(item, kind.of, f"{where}[]") for item in _of(list, value, where)]
    if isinstance(kind, Table):
        return {key: decoded(item, kind.of, f"{where}.{key}") for key, item in _of(dict, value, where).items()}
    if isinstance(kind, Mapping):
        return dict(_fields(_of(dict, value, where), kind, where))
    if kind == TIME:
        text = _of(str, value, where)
        if value is not None and RFC_3339.fullmatch(text) is None:
            raise TypeError(f"{where}: {text!r} is no time")
        return text
    return value if kind == ANYTHING else _of({TEXT: str, TRUTH: bool}[kind], value, where)


def _fields(value: Mapping[str, Any], kind: Mapping[str, Kind], where: str) -> Iterator[tuple[str, Any]]:
    for name, inner in kind.items():
        alike = [key for key in value if key.lower() == name.lower()]
        found = name if name in value else next(iter(alike), None)
        yield name, decoded(None if found is None else value[found], inner, f"{where}.{name}")


def _of(sort: type, value: Any, where: str) -> Any:
    if value is None:
        return sort()
    if not isinstance(value, sort):
        raise TypeError(f"{where}: cannot unmarshal {type(value).__name__} into {sort.__name__}")
    return value


def listed(answer: Mapping[str, Any], generation: str) -> Mapping[str, Mapping[str, Any]]:
    """The jobs of a list by id: every value of it is taken for a job."""
    return {key: decoded(value, JOBS[generation], key) for key, value in answer.items()}


def detailed(answer: Mapping[str, Any], number: str, generation: str) -> Mapping[str, Any]:
    """A job in detail: the oldest generation looks for it under its id, the others take the whole answer."""
    found: Mapping[str, Any] = decoded(answer[number] if generation == "0.16" else answer, JOBS[generation])
    return found


def shown(detail: Mapping[str, Any], rows: Mapping[str, Any], number: str) -> set[Sequence[str]]:
    """What all generations print of a job, from its details and from a list: one and the same, where all is well."""
    jobs = [job for each in JOBS for job in (detailed(detail, number, each), listed(rows, each)[number])]
    return {_shown(job) for job in jobs}


def _shown(job: Mapping[str, Any]) -> Sequence[str]:
    """Id, name, owner, state, last change, goal, number of its parts."""
    state = job.get("state") or {"last_state": job.get("status"), "last_updated": job.get("last_updated")}
    goal = job["science_goal"]
    words = (job["job_id"], job["name"], job["user"], state["last_state"], state["last_updated"])
    return (*words, goal["id"], str(len(goal["sub_goals"])))
