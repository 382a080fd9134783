"""The frame of every request: which route, who asks, which of four services' shapes the answer has. Knows no route."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.config import Settings
from dragoman.core.errors import Problem, Unauthenticated
from dragoman.core.ports import BlobStore
from dragoman.core.things import Identity
from dragoman.desk import Desk
from dragoman.dialects.sage import auth, errors
from dragoman.dialects.sage.gojson import message
from dragoman.dialects.sage.plan import Conditions, conditions_of
from dragoman.dialects.sage.profile import PROFILES, Profile
from dragoman.dialects.sage.read_job import DOOR
from dragoman.web.body import read_body
from dragoman.web.frame import frame
from dragoman.web.origin import origin

__all__ = ["DOOR", "Auth", "Call", "Route", "Service", "build"]

NAME = "cloudscheduler-sage"
"""What the scheduler calls itself, unless it is set otherwise."""
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": "X-Requested-With,Authorization",
    "Access-Control-Allow-Methods": "GET,HEAD,POST,PUT,OPTIONS",
}
"""What browsers are told before they ask."""


class Service(Enum):
    """Whose shapes answers have."""

    SCHEDULER = "scheduler"
    ACCOUNTS = "accounts"
    REPOSITORY = "repository"
    MANAGEMENT = "management"


class Auth(Enum):
    """Who may ask."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    """A token counts when there is one; whoever changes something needs it."""
    READING = "reading"
    """Everybody, unless the operator has closed what the original publishes."""
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, and what its handler works with."""

    request: Request
    caller: Identity | None
    desk: Desk
    settings: Settings
    profile: Profile
    blobs: BlobStore
    again: Callable[[], Awaitable[Identity | None]]
    """Who asks, looked up anew, for what lasts. Raises Unauthenticated when they may no longer."""

    @property
    def who(self) -> Identity:
        """Who asks. Raises Unauthenticated where nobody had to say."""
        if self.caller is None:
            raise Unauthenticated("No token found")
        return self.caller

    @property
    def origin(self) -> str:
        """The address by which the asker knows us."""
        return origin(self.request)

    @property
    def name(self) -> str:
        """What the scheduler calls itself."""
        return self.settings.field.name or NAME

    @property
    def conditions(self) -> Conditions:
        """What the operator has set."""
        return conditions_of(self.settings)

    def param(self, name: str) -> str:
        """A parameter of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A parameter of the query; None when it was not given."""
        return self.request.query_params.get(name)

    def is_true(self, name: str) -> bool:
        """Whether a parameter is exactly the word true."""
        return self.query(name) == "true"

    async def body(self) -> bytes:
        """The body. Raises TooLarge and Invalid."""
        return await read_body(self.request, self.settings.field.job_bytes)

    def answer(self, value: Any, status: int = 200) -> Response:
        """JSON as the scheduler writes it."""
        return errors.answer(value, self.profile, status)

    def told(self, **entries: Any) -> Response:
        """A free-form answer of the scheduler."""
        return self.answer(message(**entries))


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One path, and its handlers by method."""

    path: str
    methods: Mapping[str, Handler]
    auth: Auth = Auth.NEEDED
    service: Service = Service.SCHEDULER


_PROBLEMS: Mapping[Service, Callable[[Problem, Profile], Response]] = {
    Service.SCHEDULER: errors.scheduler_problem,
    Service.ACCOUNTS: errors.account_problem,
    Service.REPOSITORY: errors.repository_problem,
    Service.MANAGEMENT: errors.management_problem,
}


class Endpoint:
    """Hands each request of a path to its handler and turns problems into answers."""

    def __init__(self, route: Route, open_call: Callable[..., Call]) -> None:
        self._route, self._open_call = route, open_call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        call = self._open_call(request=request, caller=None, again=_nobody)
        try:
            response = await self._answer(call)
        except Problem as problem:
            response = _PROBLEMS[self._route.service](problem, call.profile)
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        method = call.request.method
        if method == "OPTIONS" and "origin" in call.request.headers:
            return Response(status_code=200, headers=PREFLIGHT)
        handler = self._route.methods.get(method) or self._route.methods.get("*")
        if handler is None:
            return Response(status_code=405, headers={"Allow": ", ".join(sorted(self._route.methods))})
        return await handler(replace(call, caller=await self._caller(call), again=partial(self._caller, call)))

    async def _caller(self, call: Call) -> Identity | None:
        header = call.request.headers.get("authorization")
        wanted = self._route.auth
        if wanted is Auth.OPEN:
            return None
        if wanted is Auth.READING:
            if call.settings.field.reading == "private":
                await auth.admit_reader(call.desk, self._key(call))
            return None
        is_public = call.request.method == "GET" and call.settings.field.reading == "public"
        if wanted is Auth.OPTIONAL and header is None and is_public:
            return None
        if self._route.service is Service.SCHEDULER:
            return await auth.identify(call.desk, header)
        return await call.desk.accounts.identify(self._key(call))

    def _key(self, call: Call) -> str:
        header = call.request.headers.get("authorization")
        if self._route.service is Service.ACCOUNTS:
            return auth.account_key(call.request)
        if self._route.service is Service.REPOSITORY:
            return auth.repository_key(header)
        return auth.scheduler_key(header)


async def _nobody() -> None:
    return None


async def _unknown_path(request: Request, _: Exception) -> Response:
    if request.scope["path"].startswith("/api"):
        return Response("404 page not found\n", 404, media_type="text/plain")
    return errors.compact({"detail": "Not found."}, 404)


async def _our_fault(_: Request, __: Exception) -> Response:
    return errors.compact({"error": "A fault of the service, not of the request. Its log says more."}, 500)


def build(routes: Sequence[Route], desk: Desk, blobs: BlobStore, settings: Settings) -> ASGIApp:
    """The application that answers these routes; the first that fits counts. A slash at the end of a path does not."""
    open_call = partial(Call, desk=desk, settings=settings, profile=PROFILES[settings.field.profile], blobs=blobs)
    served = [Path(route.path, Endpoint(route, open_call)) for route in routes]
    return frame(served, _form, {404: _unknown_path, 500: _our_fault})


def _form(scope: Scope) -> tuple[str, str]:
    """Routes are written as whole paths, so no prefix is taken off."""
    return scope["path"].rstrip("/") or "/", ""
