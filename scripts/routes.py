"""Compares the routes of the Tapis v3 door with the descriptions that its published client brings along."""

import importlib.util
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dragoman.dialects.tapis3 import credentials, refused
from dragoman.dialects.tapis3.routes import ROUTES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "dialects" / "tapis3.md"
BEGIN, END = "<!-- routes: begin -->", "<!-- routes: end -->"
SERVICES = ("sites", "tenants", "authenticator", "tokens", "systems", "apps", "files", "jobs", "notifications")
_METHODS = ("get", "head", "post", "put", "patch", "delete")
_STATES = DONE, REFUSED, MISSING = "done", "refused on purpose", "missing"
_REFUSING = {route.handler for route in refused.ROUTES} | {credentials.globus}
"""Handlers that refuse whatever is asked."""


def tapis3_page() -> str:
    """The page about the door, with the table of its routes as they are now."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{_table()}\n\n{END}{after}"


def _table() -> str:
    rows = [(service, method, path, name, _state(method, path)) for service, method, path, name in _operations()]
    counts = [
        f"| {service} | " + " | ".join(str(sum(r[0] == service and r[4] == s for r in rows)) for s in _STATES) + " |"
        for service in SERVICES
    ]
    lines = [f"| {service} | {name} | {method} `{path}` | {state} |" for service, method, path, name, state in rows]
    return "\n".join(
        [
            f"| service | {' | '.join(_STATES)} |",
            "|---|---|---|---|",
            *counts,
            "",
            "| service | operation | route, below `/v3/` | |",
            "|---|---|---|---|",
            *lines,
        ]
    )


def _operations() -> Iterator[tuple[str, str, str, str]]:
    """Service, method, path and name of everything that the client can ask for."""
    for service in SERVICES:
        for path, item in _description("tenants" if service == "sites" else service)["paths"].items():
            below = path.strip("/").removeprefix("v3/")
            if service in ("sites", "tenants") and not below.startswith(service):
                continue
            for method in _METHODS:
                if method in item:
                    yield service, method.upper(), below, str(item[method].get("operationId", ""))


def _description(service: str) -> Any:
    found = importlib.util.find_spec("tapipy")
    if found is None or found.origin is None:
        raise SystemExit("tapipy is missing here: make install")
    (file,) = Path(found.origin).parent.glob(f"specs/*openapi_v3-{service}.pickle")
    return pickle.loads(file.read_bytes())  # noqa: S301 (part of a package that is installed by its hash)


def _state(method: str, path: str) -> str:
    """What becomes of a request; the first route that fits counts."""
    asked = re.sub(r"\{[^}]*\}", "x", path)
    for route in ROUTES:
        if route.method == method and re.fullmatch(_pattern(route.path), asked):
            return REFUSED if route.handler in _REFUSING else DONE
    return MISSING


def _pattern(path: str) -> str:
    parts = re.split(r"(/\{\w+:path\}|\{\w+\})", path)
    return "".join(
        "(/.*)?" if "path}" in one and one[0] == "/" else "[^/]+" if one[:1] == "{" else re.escape(one) for one in parts
    )
