"""The tables from problems to answers: one for the scheduler, one for accounts, one for the code repository.

See docs/dialects/sage.md#errors.
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Invalid, Problem
from dragoman.dialects.sage.gojson import encode, message
from dragoman.dialects.sage.profile import Profile

JSON = "application/json"
EVERYWHERE = {"Access-Control-Allow-Origin": "*"}

SCHEDULER: Mapping[str, int] = {
    "invalid": 400,
    "unauthenticated": 400,
    "denied": 400,
    "not_found": 400,
    "conflict": 400,
    "unsupported": 400,
    "too_large": 413,
    "unavailable": 503,
    "broken": 500,
}
"""Kind of problem to status. The scheduler has one for nearly all."""

OTHERS: Mapping[str, int] = {**SCHEDULER, "unauthenticated": 401, "denied": 403, "not_found": 404, "conflict": 409}
"""The same for accounts, manifests and the code repository."""


class Refused(Problem):
    """A request that fails on the wire's own rules: status and text are fixed."""

    kind = "refused"

    def __init__(self, text: str, status: int = 400, **entries: Any) -> None:
        super().__init__(text)
        self.status, self.entries = status, entries


def answer(value: Any, profile: Profile, status: int = 200) -> Response:
    """JSON as the scheduler writes it. Clients want exactly this content type."""
    return _json(encode(value, profile), status)


def scheduler_problem(problem: Problem, profile: Profile) -> Response:
    """The scheduler's answer to a problem."""
    entries = problem.entries if isinstance(problem, Refused) else {}
    status = problem.status if isinstance(problem, Refused) else SCHEDULER[problem.kind]
    return answer(message(error=_text(problem), **entries), profile, status)


def _text(problem: Problem) -> str:
    """What is wrong, to the last character: some texts end in a line end."""
    return f"{problem.message} {problem.hint}" if problem.hint else problem.message


def management_problem(problem: Problem, _: Profile) -> Response:
    """The answer on the management port: plain text."""
    status = problem.status if isinstance(problem, Refused) else OTHERS[problem.kind]
    return Response(f"{_text(problem)}\n", status, {"X-Content-Type-Options": "nosniff"}, "text/plain")


_DETAILS = {403: "You do not have permission to perform this action.", 404: "Not found."}
"""What the account service says, whatever it is; where somebody can do something about it, we say what."""


def _detail(problem: Problem, status: int) -> str:
    if status in _DETAILS and (status == 404 or not problem.hint):
        return _DETAILS[status]
    return " ".join(problem.fields[()]) if isinstance(problem, Invalid) else str(problem)


def account_problem(problem: Problem, _: Profile) -> Response:
    """The answer of the account service."""
    status = problem.status if isinstance(problem, Refused) else OTHERS[problem.kind]
    if isinstance(problem, Invalid) and () not in problem.fields:
        return compact({".".join(map(str, path)): whys for path, whys in problem.fields.items()}, status)
    response = compact({"detail": _detail(problem, status)}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Sage"
    return response


def repository_problem(problem: Problem, _: Profile) -> Response:
    """The answer of the code repository."""
    status = problem.status if isinstance(problem, Refused) else OTHERS[problem.kind]
    return compact({"error": str(problem)}, status)


def compact(value: Any, status: int = 200) -> Response:
    """JSON without blanks, as accounts and the code repository write it."""
    return _json(json.dumps(value, separators=(",", ":"), ensure_ascii=False), status)


def _json(text: str, status: int) -> Response:
    # Given as bytes, with the header by hand: the library would add a charset.
    return Response(text.encode(), status, {**EVERYWHERE, "Content-Type": JSON})
