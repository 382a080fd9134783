"""Compares the routes of the Tapis v3 door with the descriptions that its published client brings along."""

import importlib.util
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.routes import Operation, page

from dragoman.dialects.tapis3 import credentials, refused
from dragoman.dialects.tapis3.routes import ROUTES

SERVICES = ("sites", "tenants", "authenticator", "tokens", "systems", "apps", "files", "jobs", "notifications")
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_REFUSING = {route.handler for route in refused.ROUTES} | {credentials.globus}


def tapis3_page() -> str:
    """The page about the door, with the table of its routes as they are now."""
    return page("tapis3", "/v3/", _operations(), ROUTES, _REFUSING)


def _operations() -> Iterator[Operation]:
    for service in SERVICES:
        for path, item in _description("tenants" if service == "sites" else service)["paths"].items():
            below = path.strip("/").removeprefix("v3/")
            if service in ("sites", "tenants") and not below.startswith(service):
                continue
            for method in _METHODS:
                if method in item:
                    name = str(item[method].get("operationId", ""))
                    yield Operation(service=service, method=method.upper(), path=below, name=name)


def _description(service: str) -> Any:
    found = importlib.util.find_spec("tapipy")
    if found is None or found.origin is None:
        raise SystemExit("tapipy is missing here: make install")
    (file,) = Path(found.origin).parent.glob(f"specs/*openapi_v3-{service}.pickle")
    return pickle.loads(file.read_bytes())  # noqa: S301 (part of a package that is installed by its hash)
