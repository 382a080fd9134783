"""Compares the routes of the Tapis v2 door with those that agavepy knows.

That client has an environment of its own, which need not be there: what it can ask for is kept as a list, which
tests/tapis2/test_agavepy.py holds against the client itself.
"""

from collections.abc import Iterator
from pathlib import Path

from scripts.routes import Operation, page

from dragoman.dialects.tapis2 import profiles, refused
from dragoman.dialects.tapis2.routes import ROUTES

LIST = Path(__file__).resolve().parent.parent / "tests" / "clients" / "agavepy-0.9.5.routes"
_REFUSING = {route.handler for route in refused.ROUTES} | {profiles.create}


def tapis2_page() -> str:
    """The page about the door, with the table of its routes as they are now."""
    return page("tapis2", "/", operations(), ROUTES, _REFUSING)


def operations() -> Iterator[Operation]:
    """Everything that agavepy can ask for, in its order."""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            service, name, method, path = line.split()
            yield Operation(service=service, method=method, path=path, name=name)
