"""The one table from problems to this door's answers. See docs/dialects/tapis3.md#errors."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Problem
from dragoman.dialects.tapis3.envelope import refuse


class Refused(Problem):
    """A request that fails on the wire's own rules: status, message and result are fixed."""

    kind = "refused"

    def __init__(self, status: int, message: str, *, result: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.result = result


STATUSES: Mapping[str, int] = {
    "invalid": 400,
    "unsupported": 400,
    "unauthenticated": 401,
    "denied": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "broken": 500,
    "unavailable": 503,
}
"""Kind of problem to status. A kind that is not here is a fault of ours."""

HEADERS: Mapping[str, Mapping[str, str]] = {
    "unauthenticated": {"WWW-Authenticate": "X-Tapis-Token"},
    "unavailable": {"Retry-After": "5"},
}

NOT_HERE = "Not supported here"


def answer_problem(problem: Problem) -> Response:
    """The answer to a problem."""
    if isinstance(problem, Refused):
        return refuse(problem.status, problem.message, result=problem.result)
    message = str(problem)
    if problem.kind == "unsupported" and NOT_HERE.lower() not in message.lower():
        message = f"{NOT_HERE}: {message}"
    return refuse(STATUSES[problem.kind], message, headers=HEADERS.get(problem.kind))
