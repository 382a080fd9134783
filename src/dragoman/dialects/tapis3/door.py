"""The frame of every request: which route, who asks, the problem table, forgiveness for slashes. Knows no route."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.config import Settings
from dragoman.core.errors import Invalid, Problem, Unauthenticated
from dragoman.core.ports import BlobStore
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.tapis3.auth import NO_TOKEN, identify
from dragoman.dialects.tapis3.envelope import JSON, refuse
from dragoman.dialects.tapis3.errors import answer_problem
from dragoman.web import paths
from dragoman.web.aside import aside
from dragoman.web.body import read_body
from dragoman.web.frame import Route as Framed
from dragoman.web.frame import frame, refusals
from dragoman.web.objects import read_object
from dragoman.web.origin import origin

DOOR = "tapis3"
PREFIX = "/v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, and what its handler works with."""

    request: Request
    caller: Identity | None
    """None on a route that is open to everybody."""
    desk: Desk
    settings: Settings
    blobs: BlobStore

    @property
    def who(self) -> Identity:
        """Who asks. Raises Unauthenticated on an open route, where nobody was asked to say."""
        if self.caller is None:
            raise Unauthenticated(NO_TOKEN)
        return self.caller

    @property
    def origin(self) -> str:
        """The address by which the asker knows us."""
        return origin(self.request)

    @property
    def site(self) -> str:
        """The id of the one site."""
        return self.settings.realm.site

    @property
    def tenant(self) -> str:
        """The id of the one tenant."""
        return self.settings.realm.tenant

    def param(self, name: str) -> str:
        """A parameter of the path, decoded once: an encoded slash in it is a slash. Raises Invalid for no text."""
        return paths.decoded(name, self.request.path_params[name].removesuffix("/"))

    def place(self, name: str) -> str:
        """A parameter of the path that is one on a host, where names need not be text."""
        return paths.place(self.request.path_params[name].removesuffix("/"))

    def query(self, name: str) -> str:
        """A parameter of the query; empty when it was not given. Raises Invalid when it was given twice."""
        given = self.request.query_params.getlist(name)
        if len(given) > 1:
            raise Invalid.field(name, why="Give this parameter at most once.")
        return paths.checked(name, given[0]) if given else ""

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no of the query: True, true, 1, False, false or 0. Raises Invalid."""
        return paths.flag(name, self.query(name), default=default)

    def number(self, name: str, default: int) -> int:
        """A whole number of the query. Raises Invalid."""
        return paths.number(name, self.query(name), default)

    async def text(self) -> str:
        """The body as it was sent; may be read again. Raises Invalid and TooLarge."""
        if not hasattr(self.request.state, "text"):
            body = await read_body(self.request, self.settings.server.body_bytes)
            self.request.state.text = paths.checked("body", body.decode("utf-8", "surrogateescape"))
        text: str = self.request.state.text
        return text

    async def json(self) -> dict[str, Any]:
        """The JSON object of the body; an empty body is an empty object. Raises Invalid and TooLarge."""
        text = await self.text()
        return await aside(len(text), read_object, text)


Handler = Callable[[Call], Awaitable[Response]]


Route = Framed[Handler]


class Endpoint:
    """Hands each request of a route to its handler and turns problems into answers."""

    def __init__(self, route: Route, open_call: Callable[..., Call]) -> None:
        self._route, self._open_call = route, open_call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        try:
            response = await self._answer(request)
        except Problem as problem:
            response = answer_problem(problem)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        call = self._open_call(request=request, caller=None)
        if not self._route.open:
            who = await identify(call.desk, DOOR, call.tenant, request.headers)
            call = self._open_call(request=request, caller=who)
        is_pretty = call.flag("pretty")
        response = await self._route.handler(call)
        return _pretty(response) if is_pretty and response.media_type == JSON else response


def _pretty(response: Response) -> Response:
    text = json.dumps(json.loads(bytes(response.body)), indent=2)
    return Response(text, response.status_code, media_type=JSON)


def build(routes: Sequence[Route], desk: Desk, blobs: BlobStore, settings: Settings) -> ASGIApp:
    """The application that answers these routes, the first that fits; doubled and trailing slashes are forgiven."""
    open_call = partial(Call, desk=desk, blobs=blobs, settings=settings)
    served = [route.served(Endpoint(route, open_call)) for route in routes]
    return frame(served, _form, refusals(refuse))


def _form(scope: Scope) -> tuple[str, str]:
    return paths.canonical(scope["raw_path"]), PREFIX
