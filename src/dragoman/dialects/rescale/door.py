"""The frame of every request: who asks, which method, the problem table, both forms of every path. Knows no route."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.config import Settings
from dragoman.core.errors import Invalid, NotFound, Problem
from dragoman.core.ports import BlobStore
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.rescale.auth import identify
from dragoman.dialects.rescale.body import read_json, read_text
from dragoman.dialects.rescale.errors import Refused, answer, answer_problem
from dragoman.dialects.rescale.fields import text_fault
from dragoman.dialects.rescale.ids import check_id
from dragoman.dialects.rescale.offers import FACET, Offers, Shelf
from dragoman.dialects.rescale.pages import Wanted, read_wanted
from dragoman.web.aside import aside
from dragoman.web.frame import frame
from dragoman.web.origin import origin

DOOR = FACET
PREFIXES = ("/api/v2", "/api/v3")

PARAMETER_CHARACTERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request, and what its handler works with."""

    request: Request
    who: Identity
    desk: Desk
    blobs: BlobStore
    settings: Settings
    shelf: Shelf

    @property
    def origin(self) -> str:
        """The address by which the asker knows us."""
        return origin(self.request)

    def id(self, name: str = "job") -> str:
        """An id in the path. Raises NotFound for what cannot be one."""
        return check_id(self.request.path_params[name])

    @property
    def number(self) -> int:
        """The number of a run in the path. Raises NotFound for what cannot be one."""
        text: str = self.request.path_params["number"]
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise NotFound("Not found.")
        return int(text)

    def query(self, name: str) -> str:
        """A parameter of the query; empty when it was not given. Raises Invalid for text that is no use."""
        text = self.request.query_params.get(name, "")
        too_long = f"Ensure this field has no more than {PARAMETER_CHARACTERS} characters."
        if why := too_long if len(text) > PARAMETER_CHARACTERS else text_fault(text):
            raise Invalid.field(name, why=why)
        return text

    @property
    def wanted(self) -> Wanted:
        """The page that is asked for."""
        return read_wanted(f"{self.origin}{self.request.scope['path']}", self.request.url.query)

    async def text(self) -> str:
        """The body, which must be declared as JSON or not at all."""
        return await read_text(self.request, self.settings.server.body_bytes)

    async def json(self) -> Any:
        """The JSON of the body."""
        return await self.parsed(await self.text())

    async def parsed(self, text: str) -> Any:
        """The JSON of a body that was read already."""
        # Kept for the complaints about it, whose lists are as long as those of the request.
        self.request.state.asked = await aside(len(text), read_json, text)
        return self.request.state.asked

    async def offers(self) -> Offers:
        """What can be chosen here."""
        return self.shelf.offers(await self.desk.catalogue.apps(DOOR), await self.desk.catalogue.systems(DOOR))


Handler = Callable[[Call], Awaitable[Response]]
Methods = Mapping[str, Handler]


class Endpoint:
    """One path: hands each request to the handler of its method and turns problems into answers."""

    def __init__(self, methods: Methods, desk: Desk, open_call: Callable[..., Call]) -> None:
        self._methods = {**methods, "HEAD": methods["GET"]} if "GET" in methods else methods
        self._desk, self._open_call = desk, open_call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        try:
            response = await self._answer(request)
        except Problem as problem:
            response = answer_problem(problem, getattr(request.state, "asked", None))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        who = await identify(self._desk, request.headers.get("authorization", ""))
        handler = self._methods.get(request.method)
        if handler is None:
            why = f'Method "{request.method}" not allowed.'
            raise Refused(405, why, {"Allow": ", ".join(sorted(self._methods))})
        return await handler(self._open_call(request=request, who=who))


async def _unknown_path(_: Request, __: Exception) -> Response:
    return answer({"detail": "Not found."}, 404)


async def _our_fault(_: Request, __: Exception) -> Response:
    return answer({"detail": "A server error occurred."}, 500)


def build(routes: Mapping[str, Methods], desk: Desk, blobs: BlobStore, settings: Settings) -> ASGIApp:
    """The application that answers these routes, with and without a slash at the end."""
    open_call = partial(Call, desk=desk, blobs=blobs, settings=settings, shelf=Shelf())
    served = [Route(f"/{path}", Endpoint(methods, desk, open_call)) for path, methods in routes.items()]
    return frame(served, _form, {404: _unknown_path, 500: _our_fault})


def _form(scope: Scope) -> tuple[str, str]:
    path: str = scope["path"]
    return f"{path.rstrip('/')}/", next((one for one in PREFIXES if path.startswith(one)), "")
