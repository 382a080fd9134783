"""The one table from problems to this door's answers. See docs/dialects/tapis2.md#errors."""

from collections.abc import Mapping

from starlette.responses import Response

from dragoman.core.errors import Invalid, LoginRefused, NoSecret, Problem
from dragoman.dialects.tapis2.envelope import fault, refuse


class Refused(Problem):
    """A request that fails on the wire's own rules: status and message are fixed."""

    kind = "refused"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Fault(Problem):
    """A caller whom the gateway does not let in."""

    kind = "fault"

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


NO_TOKEN = 900_902
EXPIRED = 900_903
UNKNOWN = 900_904

STATUSES: Mapping[str, int] = {
    "invalid": 400,
    "unsupported": 400,
    "conflict": 400,
    "unauthenticated": 401,
    "denied": 403,
    "not_found": 404,
    "too_large": 413,
    "broken": 500,
    "unavailable": 503,
}
"""Kind of problem to status. A kind that is not here is a fault of ours."""


def answer_problem(problem: Problem, *, service: str, pretty: bool) -> Response:
    """The answer to a problem; ``service`` is the part of the house that was asked: ``/jobs/v2``."""
    if isinstance(problem, Fault):
        description = f"Access failure for API: {service}, version: v2."
        return fault(problem.code, problem.message, description)
    if isinstance(problem, Refused):
        return refuse(problem.status, problem.message, pretty=pretty)
    status = 412 if isinstance(problem, LoginRefused) else STATUSES[problem.kind]
    headers = {"Retry-After": "5"} if problem.kind == "unavailable" else None
    return refuse(status, told(problem), pretty=pretty, headers=headers)


def told(problem: Problem) -> str:
    """What is wrong, in one line."""
    if isinstance(problem, NoSecret):
        way = f"POST a credential to systems/v2/{problem.system}/credentials."
        return f"Null authConfig encountered. {problem.message} {way}"
    if isinstance(problem, Invalid):
        parts = [f"{_where(path)}{' '.join(messages)}" for path, messages in problem.fields.items()]
        return f"{' '.join(parts)} {problem.hint}".strip()
    return str(problem)


def _where(path: tuple[str | int, ...]) -> str:
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"Invalid {named} value. " if named else ""
