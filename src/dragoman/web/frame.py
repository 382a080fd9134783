"""The frame around the routes of a door: every path in one form, and the words for what no route answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from starlette import routing
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = TypeVar("Handler")
Form = Callable[[Scope], tuple[str, str]]
"""The path of a request as routes are written, and how much of its beginning they leave out."""
Refusals = Mapping[int | type[Exception], Any]


class Refuse(Protocol):
    """How a door words a failure."""

    def __call__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
        """The answer."""


@dataclass(frozen=True, kw_only=True)
class Route(Generic[Handler]):
    """One method of one path, below the door's prefix. A last ``{name:path}`` may hold slashes, and may be empty."""

    method: str
    path: str
    handler: Handler
    open: bool = False
    """Needs no token, and heeds none."""

    def served(self, endpoint: ASGIApp) -> routing.Route:
        """What answers it, with the slash at the end that ``web.paths.canonical`` gives every path."""
        path = f"/{self.path}" if self.path.endswith(":path}") else f"/{self.path}/"
        return routing.Route(path, endpoint, methods=[self.method])


def frame(routes: Iterable[routing.BaseRoute], form: Form, refusals: Refusals) -> ASGIApp:
    """The application that answers these routes, of which the first that fits counts, and refuses the rest."""
    app = Starlette(routes=list(routes), exception_handlers=dict(refusals))
    app.router.redirect_slashes = False
    return _Reformed(app, form)


class _Reformed:
    """Serves all forms of a path without a redirect: clients follow none, or turn a POST into a GET."""

    def __init__(self, app: ASGIApp, form: Form) -> None:
        self._app, self._form = app, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path, root_path = self._form(scope)
        await self._app({**scope, "path": path, "root_path": root_path}, receive, send)


def refusals(refuse: Refuse) -> Refusals:
    """What is said where nothing is, where another method is, and where the service is at fault."""

    async def unknown_path(request: Request, _: Exception) -> Response:
        return refuse(404, f"There is nothing at {request.scope['path']}.")

    async def wrong_method(request: Request, error: Exception) -> Response:
        headers = error.headers if isinstance(error, HTTPException) else None
        return refuse(405, f"{request.method} is not allowed at {request.scope['path']}.", headers=headers)

    async def our_fault(_: Request, __: Exception) -> Response:
        return refuse(500, "A fault of the service, not of the request. Its log says more.")

    return {404: unknown_path, 405: wrong_method, 500: our_fault}
