"""Reads the text of a rule: what is to happen, to what, with which parameters, under which condition.

The older form ``plugin: condition`` stands for ``schedule(plugin): condition``. See docs/dialects/sage.md#rules.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dragoman.core.rules.fault import RuleFault, quoted

MOST_CHARACTERS = 4000
"""In one rule, head and condition."""

# The first "):" ends the head, so that values may have colons. A rule of two lines never matches.
_FORM = re.compile(r"(\w+)\((.*?)\):(.*)", re.ASCII)
_OLD_FORM = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*:(.*)")


class Action(StrEnum):
    """What a rule does while its condition holds."""

    SCHEDULE = "schedule"
    """Start a plugin of the job."""
    PUBLISH = "publish"
    """Make a measurement."""
    SET = "set"
    """Keep a value under a key on the node."""
    SUBMIT = "submit"
    """Start a job that is stored at the centre."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, read."""

    text: str
    """As it was given."""
    action: Action
    object: str
    parameters: Mapping[str, str]
    condition: str
    """Not compiled yet."""


def read_rule(text: str) -> Rule:
    """What a rule says. Raises RuleFault, in the original's words."""
    if len(text) > MOST_CHARACTERS:
        raise RuleFault(f"Failed to parse rule: it has more than {MOST_CHARACTERS:,} characters")
    match = _FORM.fullmatch(text)
    if match is None:
        return _read_old(text)
    if match[1] not in set(Action):
        raise RuleFault(f"Failed to parse rule {quoted(text)}: unknown action type {quoted(text)} found")
    subject, *rest = match[2].split(",")
    return Rule(
        text=text,
        action=Action(match[1]),
        object=_bare(subject),
        parameters=dict(_parameter(text, one) for one in rest),
        condition=match[3].strip(),
    )


def _read_old(text: str) -> Rule:
    match = _OLD_FORM.fullmatch(text)
    if match is None:
        why = "rule must consist of an action, target object, and corresponding condition:"
        raise RuleFault(f"Failed to parse rule {quoted(text)}: {why}")
    return Rule(text=text, action=Action.SCHEDULE, object=match[1], parameters={}, condition=match[2].strip())


def _parameter(text: str, parameter: str) -> tuple[str, str]:
    key, equals, value = parameter.partition("=")
    if not equals or "=" in value:
        raise RuleFault(f"Failed to parse rule {quoted(text)}: failed to parse param {parameter}")
    return key.strip(), _bare(value)


def _bare(text: str) -> str:
    return text.strip().strip("'\"")
