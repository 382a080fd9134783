"""Reads queries: the JSON body of a query into what is wanted of the measurements. Pure.

The checks come in the order of the foreign service, which tells the first that fails.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.instants import Duration, read_duration, read_instant
from dragoman.core.measurements import Wanted
from dragoman.core.regexes import BadPattern
from dragoman.core.series import is_allowed, is_plain, series_test
from dragoman.dialects.beehive.aggregates import FUNCTIONS, WINDOW_FUNCTIONS
from dragoman.dialects.beehive.errors import Refused, undoable, unreadable
from dragoman.dialects.beehive.gojson import BadJson, Number, first_value, quoted

BUCKET = "waggle"
"""The name of the one bucket there is."""
MOST = (1 << 63) - 1

_KINDS = {str: "string", bool: "bool", Number: "number", dict: "object", list: "array"}
_FIELDS = {
    "bucket": str,
    "start": str,
    "end": str,
    "head": int,
    "tail": int,
    "limit": int,
    "experimental_func": str,
    "experimental_window": str,
    "filter": dict,
}
"""``limit`` is ours: how many lines the answer may have."""
_KEY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_INTEGER = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is wanted, and what is to be made of it."""

    wanted: Wanted
    function: str | None = None
    window: Duration | None = None
    limit: int | None = None


def read_query(text: str, *, now: int, lenient: bool) -> Query:
    """The query in a body. Raises Refused."""
    fields = read_fields(text, lenient=lenient)
    bucket = fields.get("bucket", BUCKET)
    if bucket.startswith("_"):
        raise undoable(f"not authorized to access bucket {quoted(bucket)}")
    for name in ("start", "end"):
        if not is_allowed(fields.get(name, "")):
            raise undoable(f"invalid {name} timestamp {quoted(fields[name])}")
    patterns: Mapping[str, str] = fields.get("filter", {})
    for pattern in patterns.values():
        if not is_allowed(pattern):
            raise undoable(f"invalid filter field pattern {quoted(pattern)}")
    function, window = _aggregation(fields)
    limit = fields.get("limit")
    if limit is not None and limit < 1:
        raise unreadable("limit must be at least 1")
    if bucket != BUCKET:
        raise undoable(f"failed to initialize execute state: could not find bucket {quoted(bucket)}")
    return Query(wanted=_wanted(fields, patterns, now), function=function, window=window, limit=limit)


def read_fields(text: str, *, lenient: bool) -> dict[str, Any]:
    """The fields of a query by their names, each of its type; those that are null are left out. Raises Refused."""
    try:
        value = first_value(text, lenient=lenient)
    except BadJson as error:
        raise unreadable(str(error)) from error
    if value is not None and not isinstance(value, dict):
        raise unreadable(f"json: cannot unmarshal {_KINDS[type(value)]} into Go value of type main.Query")
    read = (_field(key, given) for key, given in (value or {}).items())
    fields = {name: given for name, given in read if given is not None}
    if not fields.get("start"):
        raise unreadable("missing start field")
    for key in fields.get("filter", {}):
        if not _KEY.fullmatch(key):
            raise unreadable(f"invalid filter key: {quoted(key)}")
    return fields


def _field(key: str, given: Any) -> tuple[str, Any]:
    name = key.lower()
    wanted = _FIELDS.get(name)
    if wanted is None:
        raise unreadable(f"json: unknown field {quoted(key)}")
    if given is None:
        return name, None
    if wanted is int:
        return name, _integer(name, given)
    if not isinstance(given, wanted):
        kind = "map[string]string" if wanted is dict else "string"
        raise _misfit(_KINDS[type(given)], name, kind)
    if isinstance(given, dict):
        return name, {inner: _pattern(pattern) for inner, pattern in given.items()}
    return name, given


def _pattern(given: Any) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise _misfit(_KINDS[type(given)], "filter", "string")
    return given


def _integer(name: str, given: Any) -> int:
    if isinstance(given, Number) and _INTEGER.fullmatch(given.text) and abs(int(given.text)) <= MOST:
        return int(given.text)
    kind = f"number {given.text}" if isinstance(given, Number) else _KINDS[type(given)]
    raise _misfit(kind, name, "int")


def _misfit(given: str, name: str, wanted: str) -> Refused:
    return unreadable(f"json: cannot unmarshal {given} into Go struct field Query.{name} of type {wanted}")


def _aggregation(fields: Mapping[str, Any]) -> tuple[str | None, Duration | None]:
    if "head" in fields and "tail" in fields:
        raise undoable("head and tail cannot both be specified")
    function, window = fields.get("experimental_func"), fields.get("experimental_window")
    if window is None:
        if function is not None and function not in FUNCTIONS:
            raise undoable("unsupported function")
        return function, None
    if function is None:
        raise undoable("window cannot be used without aggregation function")
    if function not in WINDOW_FUNCTIONS:
        raise undoable(f"undefined identifier {function}")
    try:
        every = read_duration(window)
    except ValueError as error:
        raise undoable(f"invalid window: {error}") from error
    if (every.months <= 0 and every.nanoseconds <= 0) or (every.months and every.nanoseconds):
        raise undoable("invalid window: it must be longer than nothing, and either of months or of other units")
    return function, every


def _wanted(fields: Mapping[str, Any], patterns: Mapping[str, str], now: int) -> Wanted:
    start = _instant("start", fields["start"], now)
    end = _instant("stop", fields["end"], now) if fields.get("end") else now
    if start >= end:
        raise undoable("cannot query an empty range")
    name = patterns.get("name")
    try:
        fits = series_test(patterns)
    except BadPattern as error:
        raise undoable(f"invalid filter: {error}") from error
    return Wanted(
        start=start,
        end=end,
        name=name if name and is_plain(name) else None,
        fits=fits,
        head=_count(fields, "head"),
        tail=_count(fields, "tail"),
    )


def _instant(name: str, text: str, now: int) -> int:
    try:
        return read_instant(text.strip(), now=now)
    except ValueError as error:
        raise undoable(f"invalid {name}: {text} is neither a time nor a duration") from error


def _count(fields: Mapping[str, Any], name: str) -> int | None:
    number: int | None = fields.get(name)
    if number is not None and number < 1:
        raise undoable(f"{name} must be at least 1")
    return number
