"""The frame of every request: which route, who asks, the problem table, forgiveness for slashes. Knows no route."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman.config import Settings
from dragoman.core.errors import Problem
from dragoman.core.ports import BlobStore
from dragoman.core.things import Identity, Page
from dragoman.desk import Desk
from dragoman.dialects.tapis2.auth import identify
from dragoman.dialects.tapis2.body import Sent, read_sent
from dragoman.dialects.tapis2.envelope import Answer, Style, printed, refuse
from dragoman.dialects.tapis2.errors import NO_TOKEN, Fault, answer_problem
from dragoman.dialects.tapis2.slashes import one_form
from dragoman.web import paths
from dragoman.web.door import Claim
from dragoman.web.frame import Route as Framed
from dragoman.web.frame import frame, refusals
from dragoman.web.origin import origin

DOOR = "tapis2"
PREFIXES = (
    *("/tenants", "/revoke", "/authorize", "/clients/v2", "/profiles/v2", "/apps/v2", "/systems/v2"),
    *("/files/v2", "/jobs/v2", "/notifications/v2", "/postits/v2", "/uuids/v2", "/meta/v2"),
    *("/monitors/v2", "/transforms/v2", "/actors/v2", "/admin/v2"),
)
CLAIMS = (Claim(path="/token", methods=frozenset({"POST"})),)
"""What it shares with a door that shows tokens under the same path."""
MOST, USUAL = 1000, 250
"""How many things a list shows, at most and by itself."""
SWITCHES = frozenset({"pretty", "naked", "filter", "limit", "offset", "order", "orderby", "sort", "sortby", "force"})
"""Parameters of any query that are no conditions, in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and with whose means that is done: by a request, or because of an event."""

    caller: Identity | None
    """None on a route that is open to everybody."""
    desk: Desk
    settings: Settings
    base: str
    """The address by which the asker knows us: every link begins with it."""

    @property
    def who(self) -> Identity:
        """Who asks. Raises Fault on an open route, where nobody was asked to say."""
        if self.caller is None:
            raise Fault(NO_TOKEN, "Missing Credentials")
        return self.caller

    @property
    def me(self) -> str:
        """The name of who asks."""
        return self.who.account.name

    @property
    def tenant(self) -> str:
        """The id of the one tenant."""
        return self.settings.realm.tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Asking):
    """One request, and what its handler works with."""

    request: Request
    blobs: BlobStore

    @property
    def is_head(self) -> bool:
        """Whether only the headers are wanted."""
        return self.request.method == "HEAD"

    def param(self, name: str) -> str:
        """A parameter of the path, decoded once; empty when the path has none. Raises Invalid for no text."""
        found: str = self.request.path_params.get(name, "")
        return paths.decoded(name, found.removesuffix("/"))

    @property
    def place(self) -> str:
        """The parameter ``path`` of the path: one on a host, where names need not be text."""
        found: str = self.request.path_params.get("path", "")
        return paths.place(found.removesuffix("/"))

    def query(self, name: str) -> str:
        """A parameter of the query, its name in any letter case; empty when it was not given, the last one counts."""
        given = [value for key, value in self.request.query_params.multi_items() if key.lower() == name.lower()]
        return paths.checked(name, given[-1]) if given else ""

    def flag(self, name: str) -> bool:
        """Whether a parameter of the query says yes."""
        return self.query(name).lower() in {"true", "1"}

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """The parameters of the query that are conditions of a search."""
        given = self.request.query_params.multi_items()
        return [(paths.checked(key, key), paths.checked(key, value)) for key, value in given if _is_condition(key)]

    @property
    def page(self) -> Page:
        """The part of a list that is asked for. Raises Invalid for what is no number."""
        limit, offset = abs(paths.number("limit", self.query("limit"), USUAL)), self.query("offset")
        return Page(limit=min(limit, MOST), offset=abs(paths.number("offset", offset, 0)))

    async def sent(self) -> Sent:
        """The body, as JSON, a form or a file in a form. Raises Invalid and TooLarge."""
        return await read_sent(self.request, self.settings.server.body_bytes)


def _is_condition(key: str) -> bool:
    return key.lower() not in SWITCHES


Handler = Callable[[Call], Awaitable[Answer | Response]]


Route = Framed[Handler]


class Endpoint:
    """Hands each request of a route to its handler, prints what it gives, and turns problems into answers."""

    def __init__(self, route: Route, open_call: Callable[..., Call]) -> None:
        self._route, self._open_call = route, open_call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        style = _style(request.query_params)
        try:
            response = await self._answer(request)
        except Problem as problem:
            response = answer_problem(problem, service=_service(scope["path"]), pretty=style.pretty)
        if isinstance(response, Answer):
            response = printed(response, style)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Answer | Response:
        call = self._open_call(request=request, caller=None, base=origin(request))
        if not self._route.open:
            caller = await identify(call.desk, DOOR, request.headers.get("authorization", ""))
            call = replace(call, caller=caller)
        return await self._route.handler(call)


def _style(query: Mapping[str, str]) -> Style:
    fields = tuple(name.strip() for name in query.get("filter", "").split(",") if name.strip())
    pretty, naked = (query.get(name, "").lower() == "true" for name in ("pretty", "naked"))
    return Style(pretty=pretty, naked=naked, fields=fields)


def _service(path: str) -> str:
    return "/".join(path.split("/")[:3]).rstrip("/")


def build(routes: Sequence[Route], desk: Desk, blobs: BlobStore, settings: Settings) -> ASGIApp:
    """The application that answers these routes, the first that fits; doubled and trailing slashes are forgiven."""
    open_call = partial(Call, desk=desk, blobs=blobs, settings=settings)
    served = [route.served(Endpoint(route, open_call)) for route in routes]
    return frame(served, _form, refusals(refuse))


def _form(scope: Scope) -> tuple[str, str]:
    return one_form(scope["raw_path"]), ""
