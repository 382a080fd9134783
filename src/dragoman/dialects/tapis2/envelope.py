"""The envelope around every JSON answer of this door, and how it is printed. Knows no problem and no route. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from dragoman.core.paths import shown

JSON = "application/json"
VERSION = "2.4.4-r0000000"
"""Clients compare it as text with the version after which jobs have their present form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success, before it is printed as the request wants it."""

    result: Any
    message: str | None = None
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a request wants its answer printed."""

    pretty: bool = False
    naked: bool = False
    fields: Sequence[str] = field(default_factory=tuple)
    """Only these, by dotted names; none: all."""


def printed(answer: Answer, style: Style) -> Response:
    """The answer as it is sent."""
    result = projected(answer.result, style.fields) if style.fields else answer.result
    if style.naked and result is None:
        return Response(status_code=204)
    body = {"status": "success", "message": answer.message, "version": VERSION, "result": result}
    return Response(text(result if style.naked else body, pretty=style.pretty), answer.status, media_type=JSON)


def refuse(status: int, message: str, *, pretty: bool = False, headers: Mapping[str, str] | None = None) -> Response:
    """A failure."""
    body = {"status": "error", "message": shown(message), "version": VERSION}
    return Response(text(body, pretty=pretty), status, headers, JSON)


def fault(code: int, message: str, description: str, *, status: int = 401) -> Response:
    """A refusal as the gateway in front of the services words it. Always compact: clients look for it so.

    Its ``status`` is there for who looks for nothing else in what was downloaded.
    """
    body = {"fault": {"code": code, "message": message, "description": description}, "status": "error"}
    return Response(text(body, pretty=False), status, {"WWW-Authenticate": "Bearer"}, JSON)


def projected(result: Any, fields: Sequence[str]) -> Any:
    """The named fields of an object, or of each object of a list; a dotted name goes down into objects."""
    if isinstance(result, list):
        return [projected(one, fields) for one in result]
    if not isinstance(result, dict):
        return result
    found: dict[str, Any] = {}
    for name in fields:
        _pick(result, name.split("."), found)
    return found


def _pick(source: Any, names: Sequence[str], into: dict[str, Any]) -> None:
    if not isinstance(source, dict) or names[0] not in source:
        return
    value = source[names[0]]
    if len(names) == 1:
        into[names[0]] = value
    elif isinstance(value, dict):
        _pick(value, names[1:], into.setdefault(names[0], {}))
    elif isinstance(value, list):
        into[names[0]] = projected(value, [".".join(names[1:])])


def text(value: Any, *, pretty: bool) -> str:
    """JSON in one line without spaces, or as people read it on their screens."""
    return _printed(value, "\n") if pretty else json.dumps(value, separators=(",", ":"))


def _printed(value: Any, line: str) -> str:
    """Two spaces for each object that is gone into; lists stay on the line."""
    if isinstance(value, dict):
        inner = f"{line}  "
        items = [f"{inner}{json.dumps(str(key))} : {_printed(item, inner)}" for key, item in value.items()]
        return f"{{{','.join(items)}{line}}}" if items else "{ }"
    if isinstance(value, list | tuple):
        return f"[ {', '.join(_printed(item, line) for item in value)} ]" if value else "[ ]"
    return json.dumps(value)
