"""The one table from problems to this door's answers. See docs/dialects/rescale.md#errors."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Invalid, Path, Problem

JSON = "application/json"


class Refused(Problem):
    """A request that fails on the wire's own rules, before anybody is asked: status, text and headers are fixed."""

    kind = "refused"

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def encode(value: Any) -> str:
    """JSON as this door writes it."""
    return json.dumps(value, separators=(",", ":"))


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(encode(value), status, headers, JSON)


def _told(problem: Problem, _: Any) -> Any:
    return {"detail": str(problem)}


def _fields(problem: Problem, asked: Any) -> Any:
    fields: Mapping[Path, Sequence[str]] = problem.fields if isinstance(problem, Invalid) else {}
    found = nest(fields, asked)
    return found if isinstance(found, dict) else {"nonFieldErrors": found}


def _not_found(_: Problem, __: Any) -> Any:
    return {"detail": "Not found."}


def _denied(_: Problem, __: Any) -> Any:
    return {"detail": "You do not have permission to perform this action."}


ANSWERS: Mapping[str, tuple[int, Callable[[Problem, Any], Any], Mapping[str, str]]] = {
    "invalid": (400, _fields, {}),
    "unauthenticated": (401, _told, {"WWW-Authenticate": "Token"}),
    "denied": (403, _denied, {}),
    "not_found": (404, _not_found, {}),
    "conflict": (400, _told, {}),
    "unsupported": (400, _told, {}),
    "too_large": (413, _told, {}),
    "unavailable": (503, _told, {"Retry-After": "5"}),
    "broken": (500, _told, {}),
}
"""Kind of problem to status, body and headers. A kind that is not here is a fault of ours."""


def answer_problem(problem: Problem, asked: Any = None) -> Response:
    """The answer to a problem; ``asked`` is the request's JSON, by which lists of complaints get their length."""
    if isinstance(problem, Refused):
        return answer({"detail": problem.message}, problem.status, problem.headers)
    status, body, headers = ANSWERS[problem.kind]
    return answer(body(problem, asked), status, headers)


def nest(fields: Mapping[Path, Sequence[str]], asked: Any) -> Any:
    """Complaints by path as the request is nested; items of a list without complaints are ``{}``."""
    below: dict[str | int, dict[Path, Sequence[str]]] = {}
    for path, messages in fields.items():
        if path:
            below.setdefault(path[0], {})[path[1:]] = messages
    here = list(fields.get((), ()))
    if not below:
        return here
    if here or not all(isinstance(key, int) for key in below):
        shown = {str(key): nest(inner, _below(asked, key)) for key, inner in below.items()}
        return {**shown, "nonFieldErrors": here} if here else shown
    return [_nest_item(below.get(place, {}), _below(asked, place)) for place in range(_length(below, asked))]


def _nest_item(fields: Mapping[Path, Sequence[str]], asked: Any) -> Any:
    found = nest(fields, asked)
    return found if isinstance(found, dict) else {"nonFieldErrors": found} if found else {}


def _length(below: Mapping[str | int, Any], asked: Any) -> int:
    return max(len(asked) if isinstance(asked, list) else 0, *(int(key) + 1 for key in below))


def _below(asked: Any, key: str | int) -> Any:
    if isinstance(asked, dict):
        return asked.get(key)
    return asked[key] if isinstance(asked, list) and isinstance(key, int) and key < len(asked) else None
