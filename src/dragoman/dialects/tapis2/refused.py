"""What the platform of old had and this house has not: told clearly, instead of not being there."""

from dragoman.dialects.tapis2.door import Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused

_ACCOUNTS = "Accounts are changed on the service's host, by `dragoman account`."
_ALL = ("GET", "POST", "PUT", "DELETE")

TABLE: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("GET", "POST"), "authorize", "Programs log in with the password grant of POST /token."),
    (("PUT", "DELETE"), "profiles/v2/{username}", _ACCOUNTS),
    (("GET",), "apps/v2/{app}/form", "GET /apps/v2/APP tells the inputs and parameters that a form is made from."),
    (_ALL, "meta/v2/{rest:path}", "Nothing is kept besides apps, systems, files and jobs."),
    (_ALL, "monitors/v2/{rest:path}", "GET /systems/v2/SYSTEM tells the status of a system."),
    (_ALL, "transforms/v2/{rest:path}", "An app may turn a file into another form."),
    (_ALL, "actors/v2/{rest:path}", "Programs run as apps, by POST /jobs/v2."),
    (_ALL, "admin/v2/{rest:path}", "There are no service accounts; the operator's commands are `dragoman --help`."),
)
"""Methods, path, and what to do instead."""


def _routes(methods: tuple[str, ...], path: str, instead: str) -> list[Route]:
    async def refuse(_: Call) -> Answer:
        raise Refused(400, f"This is not offered here. {instead}")

    return [Route(method=method, path=path, handler=refuse, open=True) for method in methods]


ROUTES: tuple[Route, ...] = tuple(route for row in TABLE for route in _routes(*row))
