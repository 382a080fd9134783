"""Finds systems by what they are capable of: conditions on ``category.name``, as in scheduler.type = 'slurm'. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.registered import SystemView
from dragoman.core.search import Kind, holds, read_value
from dragoman.core.search_sql import read_sql

_KINDS = {"INTEGER": Kind.NUMBER, "NUMBER": Kind.NUMBER, "BOOLEAN": Kind.FLAG}


class _Names(defaultdict[str, Kind]):
    """Every name there could be; what a system has of it is seen when it is compared."""

    def __contains__(self, _: object) -> bool:
        return True


class _Able(dict[str, Any]):
    """What a system is capable of; letter case does not matter in names."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)


def fits(fragments: Sequence[str], views: Sequence[SystemView], door: str) -> list[SystemView]:
    """The systems that meet the conditions; all of them for none. Raises Invalid for what cannot be read."""
    if not fragments:
        return list(views)
    query = read_sql(fragments, _Names(lambda: Kind.ANY), where="match")
    return [view for view in views if holds(query, _able(view.system.facets[door].get("jobCapabilities", ())))]


def _able(capabilities: Sequence[dict[str, Any]]) -> _Able:
    able = _Able()
    for one in sorted(capabilities, key=lambda one: int(one.get("precedence", 100))):
        kind = _KINDS.get(one["datatype"], Kind.TEXT)
        try:
            value = read_value(kind, str(one.get("value", "")), where="value")
        except Invalid:
            continue
        able[f"{one['category']}.{one['name']}".lower()] = value
    return able
