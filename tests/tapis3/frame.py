"""The frame of the door around a few routes of a test's own; no service behind it."""

import json
from typing import Any, cast

import httpx2
from starlette.responses import Response

from dragoman.config import Settings
from dragoman.config.settings import Server
from dragoman.core.ports import BlobStore
from dragoman.desk import Desk
from dragoman.dialects.tapis3.door import Call, Handler, Route, build
from dragoman.dialects.tapis3.envelope import answer

LIMIT = 10_000


async def echo(call: Call) -> Response:
    """Which parameters the path had."""
    return answer({name: call.param(name) for name in call.request.path_params}, "ok")


async def asked(call: Call) -> Response:
    """The JSON of the body, read twice."""
    assert await call.text() == await call.text()
    return answer(await call.json(), "ok")


async def query(call: Call) -> Response:
    """What the query says."""
    return answer([call.query("word"), call.flag("yes"), call.number("n", 7)], "ok")


async def broken(_: Call) -> Response:
    """A fault of ours."""
    raise RuntimeError("a secret of the service")


def raising(problem: Exception) -> Handler:
    """A handler that meets a problem."""

    async def handler(_: Call) -> Response:
        raise problem

    return handler


def route(method: str, path: str, handler: Handler = echo) -> Route:
    """A route that needs no token."""
    return Route(method=method, path=path, handler=handler, open=True)


ROUTES = (
    route("GET", "things/asked", query),
    route("POST", "things/asked", asked),
    route("GET", "things/broken", broken),
    route("GET", "things"),
    route("GET", "things/{thing}"),
    route("DELETE", "things/{thing}"),
    route("POST", "ops/{thing}"),
    route("GET", "ops/{thing}/{path:path}"),
    Route(method="GET", path="closed", handler=echo),
)


async def send(method: str, path: str, routes: tuple[Route, ...] = ROUTES, **more: Any) -> httpx2.Response:
    """Ask the frame; the path is sent as it stands."""
    settings = Settings(server=Server(body_bytes=LIMIT))
    app = build(routes, cast("Desk", None), cast("BlobStore", None), settings)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
        request = http.build_request(method, "http://test/", **more)
        request.url = http.base_url.copy_with(raw_path=path.encode("latin-1"))
        return await http.send(request)


async def result(method: str, path: str, **more: Any) -> Any:
    """The result of a success."""
    sent = await send(method, path, **more)
    assert 200 == sent.status_code, sent.text
    return json.loads(sent.text)["result"]
