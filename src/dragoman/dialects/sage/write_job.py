"""Job records: the whole of a job as clients of every generation read it. Pure. See docs/dialects/sage.md#records.

One reply serves them all: beside the record of 0.18 stand the two words of 0.16, and for details the record once more
under its id, with the rules of its goal as plain texts. Clients pass over what they do not know.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.field import FieldJob, Goal
from dragoman.dialects.sage.document import SPEC, Document, from_notes
from dragoman.dialects.sage.gojson import moment
from dragoman.dialects.sage.profile import Profile
from dragoman.dialects.sage.states import word


def write_job(view: FieldJob, profile: Profile) -> dict[str, Any]:
    """A job in detail, with the copy for old clients inside."""
    record = _record(view, profile, [{"rule": rule} for rule in _rules(view)])
    return {**record, view.job.alias: _record(view, profile, _rules(view))}


def write_listed_job(view: FieldJob, profile: Profile) -> dict[str, Any]:
    """A job in a list: the rules of its goal are left out, for no form of them suits all clients."""
    return _record(view, profile, [])


def write_goal(goal: Goal, profile: Profile) -> dict[str, Any]:
    """A goal as nodes get it: with the parts that are here."""
    return _goal(goal, {vsn: _rules_of(part, profile) for vsn, part in goal.parts.items()})


def _rules_of(part: Mapping[str, Any], profile: Profile) -> list[Any]:
    return list(part["rules"]) if profile.has_plain_rules else [{"rule": rule} for rule in part["rules"]]


def _rules(view: FieldJob) -> list[str]:
    """All parts of a goal have the same rules."""
    parts = view.goal.parts.values() if view.goal else ()
    return list(next((part["rules"] for part in parts), ()))


def _record(view: FieldJob, profile: Profile, rules: Sequence[Any]) -> dict[str, Any]:
    job, document = view.job, from_notes(view.job.notes)
    goal_id = view.goal.alias if view.goal else ""
    plugins = [_plugin(plugin.name, plugin.spec, goal_id) for plugin in document.plugins]
    goal = _goal(view.goal, dict.fromkeys(view.goal.parts, rules)) if view.goal else None
    return {
        "name": job.name,
        "job_id": job.alias,
        "user": view.owner.name,
        **_notified(document, profile),
        **({"plugins": plugins} if plugins else {}),
        "node_tags": document.node_tags,
        "nodes": document.nodes,
        "science_rules": document.rules,
        "success_criteria": document.criteria,
        **({"science_goal": goal} if goal else {}),
        "state": {
            "last_state": word(job),
            "last_updated": moment(job.updated_at),
            "last_submitted": moment(job.submitted_at),
            "last_started": moment(view.goal.heard_at if view.goal else None),
            "last_completed": moment(job.ended_at),
        },
        "status": word(job),
        "last_updated": moment(job.updated_at),
        **_runs(view.goal),
    }


def _notified(document: Document, profile: Profile) -> dict[str, Any]:
    whole = {"email": document.email, "notification_on": document.notification_on}
    return whole if profile.has_email else {key: value for key, value in whole.items() if value}


def _plugin(name: str, spec: Mapping[str, Any], goal_id: str) -> dict[str, Any]:
    given = {key: spec[key] for key in SPEC if spec.get(key)}
    return {"name": name, "plugin_spec": {"image": "", **given}, **({"goal_id": goal_id} if goal_id else {})}


def _goal(goal: Goal, rules: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {
        "id": goal.alias,
        "job_id": goal.job_alias,
        "name": goal.name,
        "sub_goals": [
            {
                "name": vsn,
                "plugins": [_plugin(one["name"], one["plugin_spec"], goal.alias) for one in part["plugins"]],
                "science_rules": list(rules[vsn]),
            }
            for vsn, part in goal.parts.items()
        ],
    }


def _runs(goal: Goal | None) -> dict[str, Any]:
    """What became of its runs, once there are some: the original keeps no count."""
    if goal is None or not (goal.tally.completed or goal.tally.failed):
        return {}
    tally = goal.tally
    last = {"last_failed": moment(tally.failed_at), "last_error": tally.error} if tally.failed else {}
    return {"runs": {"completed": tally.completed, "failed": tally.failed, **last}}
