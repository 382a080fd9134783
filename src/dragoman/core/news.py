"""What nodes tell about goals, as it lies in the measurements that they hand in. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman.core.field import Heard, News
from dragoman.core.measurements import Measurement

KINDS: Mapping[str, News] = {
    "sys.scheduler.status.goal.received": News.RECEIVED,
    "sys.scheduler.status.goal.updated": News.RECEIVED,
    "sys.scheduler.status.plugin.complete": News.COMPLETED,
    "sys.scheduler.status.plugin.failed": News.FAILED,
}
"""Names of measurements that tell something about a goal; their values are JSON texts."""


def news_of(measurements: Iterable[Measurement]) -> list[Heard]:
    """What there is to know about goals in these, in their order; what cannot be read tells nothing."""
    found = [_heard(KINDS[one.name], one) for one in measurements if one.name in KINDS]
    return [heard for heard in found if heard is not None]


def _heard(kind: News, one: Measurement) -> Heard | None:
    try:
        told: Any = json.loads(one.value) if isinstance(one.value, str) else None
    except (ValueError, RecursionError):
        return None
    goal = told.get("goal_id") if isinstance(told, dict) else None
    if not isinstance(goal, str):
        return None
    error = str(told.get("error_log") or told.get("reason") or "") if kind is News.FAILED else ""
    return Heard(goal=goal, kind=kind, at=one.at // 1000, error=error)
