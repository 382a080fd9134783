"""Refuses calls in conditions that could never be made, when the rule is read."""

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.functions import Function
from dragoman.core.rules.spans import read_span
from dragoman.core.rules.ticks import check_schedule


def argument_name(node: ast.keyword) -> str:
    """The name of an argument. Raises RuleFault for one without."""
    if node.arg is None or node.arg == "scene":
        raise RuleFault("an argument has a name: key=value")
    return node.arg


def check_call(node: ast.Call, fn: Function, given: int, named: Iterable[str]) -> None:
    """Refuse now what could never be called. Raises RuleFault."""
    word = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    try:
        bound = inspect.signature(fn).bind(None, *[None] * given, **dict.fromkeys(named))
    except TypeError as error:
        raise RuleFault(f"{word}(): {error}") from error
    for place, item in enumerate(node.args, 1):
        _check_constant(word, list(bound.signature.parameters)[place] if word in _CHECKED else "", item)
    for other in node.keywords:
        _check_constant(word, other.arg or "", other.value)


_CHECKED: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "cronjob": {"expr": check_schedule},
    "v": {"since": read_span},
    "rate": {"since": read_span, "window": read_span, "unit": read_span},
}
"""Arguments that, where they are constants, are known to be wrong before anything is evaluated."""


def _check_constant(word: str, parameter: str, node: ast.expr) -> None:
    check = _CHECKED.get(word, {}).get(parameter)
    if check is None or not isinstance(node, ast.Constant):
        return
    if not isinstance(node.value, str) or check(node.value) is None:
        raise RuleFault(f"{parameter} of {word}() cannot be {node.value!r}"[:200])
