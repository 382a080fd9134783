"""Reads what nodes tell of goals and runs, in the scheduler's own messages. Pure."""

import json
from typing import Any

from dragoman.core.field import Heard, News
from dragoman.core.measurements import Measurement

STATUS = "sys.scheduler.status."
"""How the names of most of these messages begin."""

SUBMIT = "sys.scheduler.submit"
"""A ``submit`` rule holds on the node. This one is ours: the original has no such rules."""

KINDS = {
    f"{STATUS}goal.received": News.RECEIVED,
    f"{STATUS}goal.updated": News.RECEIVED,
    f"{STATUS}plugin.complete": News.COMPLETED,
    f"{STATUS}plugin.completed": News.COMPLETED,
    f"{STATUS}plugin.failed": News.FAILED,
    SUBMIT: News.ASKED,
}
"""Runs that have ended well are called both ways."""


def read_news(measurement: Measurement) -> Heard | None:
    """What a message says of a goal; None for any other measurement, and for one that says nothing of use."""
    kind = KINDS.get(measurement.name)
    told = _object(measurement.value) if kind else {}
    goal = told.get("goal_id")
    if kind is None or not isinstance(goal, str) or not goal:
        return None
    if kind is News.ASKED:
        rule = told.get("rule")
        return Heard(goal=goal, kind=kind, at=measurement.at // 1000, rule=str(rule), event=measurement)
    error = told.get("error_log") or told.get("message") or told.get("reason") if kind is News.FAILED else ""
    return Heard(goal=goal, kind=kind, at=measurement.at // 1000, error=error if isinstance(error, str) else "")


def _object(value: Any) -> dict[str, Any]:
    try:
        told = json.loads(value) if isinstance(value, str) else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
