"""What this door answers when it cannot do what was asked: plain lines for queries, JSON for objects and nodes."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Invalid, Problem

PLAIN = "text/plain; charset=utf-8"
NODES = "/dragoman/v1/nodes"
"""Below this, nodes are spoken to, and told of problems in their way."""
ANYBODY = {"Access-Control-Allow-Origin": "*"}


class Refused(Exception):
    """A query that fails: with 400 when it cannot be read, with 500 when it cannot be done, as the foreign service."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def unreadable(why: str) -> Refused:
    """A query that is not one."""
    return Refused(400, f"error: failed to parse query: {why}")


def undoable(why: str) -> Refused:
    """A query that asks for what there is not."""
    return Refused(500, f"error: failed to query backend: {why}")


STATUSES: Mapping[str, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "denied": 403,
    "not_found": 404,
    "conflict": 409,
    "unsupported": 400,
    "too_large": 413,
    "unavailable": 503,
    "broken": 500,
}
"""Kind of problem to status."""

_OBJECT_WORDS = {"not_found": "not found", "unauthenticated": "not authorized", "invalid": "invalid path"}


def line(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """A plain answer of one line."""
    fixed = {**ANYBODY, "X-Content-Type-Options": "nosniff"}
    return Response(f"{text}\n", status, {**fixed, **(headers or {})}, PLAIN)


def about_query(problem: Problem | Refused) -> Response:
    """The answer to a query that fails."""
    if isinstance(problem, Refused):
        return line(problem.status, problem.why)
    status = STATUSES[problem.kind]
    return line(status, f"error: {problem}", _challenge(status))


def about_object(problem: Problem | Refused) -> Response:
    """The answer to a request for an object that cannot be given."""
    if isinstance(problem, Refused):
        return line(problem.status, problem.why)
    status = STATUSES[problem.kind]
    text = json.dumps({"error": _OBJECT_WORDS.get(problem.kind, str(problem))}, indent=2 if status == 401 else None)
    return Response(text, status, {**ANYBODY, **_challenge(status)}, "application/json")


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer to a node."""
    return Response(json.dumps(value), status, headers, "application/json")


def about_uplink(problem: Problem | Refused) -> Response:
    """The answer to a node whose request fails: what is wrong, what to do, and which fields."""
    if isinstance(problem, Refused):
        return json_answer({"error": problem.why}, problem.status)
    told: dict[str, Any] = {"error": problem.message, "hint": problem.hint}
    if isinstance(problem, Invalid):
        told["fields"] = {".".join(map(str, path)) or "body": whys for path, whys in problem.fields.items()}
    return json_answer(told, STATUSES[problem.kind], {"Retry-After": "5"} if problem.kind == "unavailable" else None)


def _challenge(status: int) -> dict[str, str]:
    return {"WWW-Authenticate": "Basic"} if status == 401 else {"Retry-After": "5"} if status == 503 else {}
