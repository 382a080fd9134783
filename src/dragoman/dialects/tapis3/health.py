"""Are the services there: one answer for each of them, to everybody."""

from starlette.responses import Response

from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.envelope import answer

CHECKED = ("systems", "apps", "jobs", "files", "notifications", "security")
GREETED = ("jobs", "security", "oauth2", "tokens")


async def healthy(_: Call) -> Response:
    """The service is there."""
    return answer("success", "TAPIS_HEALTHY The service is there.")


async def ready(_: Call) -> Response:
    """The service takes requests."""
    return answer("success", "TAPIS_READY The service takes requests.")


async def hello(_: Call) -> Response:
    """A greeting."""
    return answer("Hello from Dragoman.", "TAPIS_HEALTHY Hello from Dragoman.")


ROUTES: tuple[Route, ...] = (
    *(Route(method="GET", path=f"{name}/healthcheck", handler=healthy, open=True) for name in CHECKED),
    *(Route(method="GET", path=f"{name}/readycheck", handler=ready, open=True) for name in CHECKED),
    *(Route(method="GET", path=f"{name}/ready", handler=ready, open=True) for name in GREETED),
    *(Route(method="GET", path=f"{name}/hello", handler=hello, open=True) for name in GREETED),
)
