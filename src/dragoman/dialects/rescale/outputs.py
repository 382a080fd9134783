"""Reads ``resourceFilters``: which files become outputs. Pure. See docs/dialects/rescale.md#filters."""

from typing import Any

from dragoman.core.job import OutputRule
from dragoman.dialects.rescale.fields import Fields

MOST_FILTERS = 100
KINDS = {"analysis generated files": "generated", "completed templates": "template", "input files": "input"}
DEFAULT_FILTERS: list[dict[str, Any]] = [
    {"caseSensitive": False, "include": True, "filterType": kind, "selector": kind}
    for kind in ("Analysis generated files", "Completed templates", "Input files")
]
_ALL = tuple(OutputRule(kind=kind) for kind in KINDS.values())


def read_outputs(body: Fields) -> tuple[OutputRule, ...]:
    """The rules that the filters come to; none when they keep every file anyway."""
    rules = tuple(_read_rule(item) for item in body.children("resourceFilters", most=MOST_FILTERS))
    if not any(rule.include for rule in rules):
        # Who only excludes wants the rest.
        rules = _ALL + rules if rules else ()
    keeps = {rule.kind for rule in rules if rule.include}
    return () if all(rule.include for rule in rules) and keeps >= set(KINDS.values()) else rules


def _read_rule(item: Fields) -> OutputRule:
    selector = item.text("selector", required=True)
    kind = KINDS.get(selector.lower(), "glob")
    return OutputRule(
        kind=kind,
        include=item.flag("include", default=True),
        pattern=selector if kind == "glob" else "",
        case_sensitive=item.flag("caseSensitive"),
    )
