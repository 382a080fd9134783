"""The frame of every request: which route, and problems into answers. Knows what no route does."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from starlette import routing
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.config import Settings
from dragoman.core.errors import NotFound, Problem
from dragoman.core.ports import BlobStore
from dragoman.core.things import Identity
from dragoman.desk import Accounts, Desk
from dragoman.desk.data import Data
from dragoman.desk.run_logs import RunLogs
from dragoman.dialects.beehive.auth import identify
from dragoman.dialects.beehive.errors import ANYBODY, NODES, Refused, about_uplink, line
from dragoman.web.frame import frame

PREFLIGHT = {
    **ANYBODY,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Range",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, and what its handler works with."""

    request: Request
    data: Data
    run_logs: RunLogs
    accounts: Accounts
    blobs: BlobStore
    settings: Settings

    async def who(self) -> Identity | None:
        """Who is asking; nobody is asked for it where everybody may read. Raises Unauthenticated."""
        if self.data.is_public:
            return None
        return await identify(self.accounts, self.request.headers.get("authorization", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One path: who answers there, to which methods (any, when there are none), and how it tells of problems."""

    path: str
    handler: Callable[[Call], Awaitable[Response]]
    methods: tuple[str, ...]
    problem: Callable[[Problem | Refused], Response]


class Endpoint:
    """Hands each request of a route to its handler and turns problems into answers."""

    def __init__(self, route: Route, open_call: Callable[..., Call]) -> None:
        self._route, self._open_call = route, open_call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        methods = self._route.methods
        if request.method == "OPTIONS" and "origin" in request.headers:
            allowed = ", ".join((*(methods or ("GET", "POST")), "OPTIONS"))
            return Response(status_code=200, headers={**PREFLIGHT, "Access-Control-Allow-Methods": allowed})
        if methods and request.method not in methods:
            return self._wrong_method(methods)
        try:
            return await self._route.handler(self._open_call(request=request))
        except (Problem, Refused) as problem:
            return self._route.problem(problem)

    def _wrong_method(self, methods: Sequence[str]) -> Response:
        allowed = {"Allow": ", ".join(methods)}
        if self._route.problem is not about_uplink:
            return line(405, "Method Not Allowed", allowed)
        response = about_uplink(Refused(405, f"Only {' and '.join(methods)} can be asked for here."))
        response.headers.update(allowed)
        return response


async def _unknown_path(request: Request, _: Exception) -> Response:
    path = request.scope["path"]
    if path.startswith(NODES):
        why = f"There is nothing at {path[:200]}."
        return about_uplink(NotFound(why, hint="docs/dialects/beehive.md has the paths for nodes."))
    return line(404, "404 page not found")


async def _our_fault(_: Request, __: Exception) -> Response:
    return line(500, "error: a fault of the service, not of the request")


def build(routes: Sequence[Route], desk: Desk, blobs: BlobStore, settings: Settings) -> ASGIApp:
    """The application that answers these routes; the first that fits counts. A slash at the end of a path does not."""
    open_call = partial(
        Call, data=desk.data, run_logs=desk.run_logs, accounts=desk.accounts, blobs=blobs, settings=settings
    )
    served = [routing.Route(one.path, Endpoint(one, open_call)) for one in routes]
    return frame(served, _form, {404: _unknown_path, 500: _our_fault})


def _form(scope: Scope) -> tuple[str, str]:
    """Routes are written as whole paths, whichever prefix has led here."""
    return scope["path"].rstrip("/"), ""
