"""Compares the routes of a door with everything that a published client can ask for; drawn into the door's page."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

DIALECTS = Path(__file__).resolve().parent.parent / "docs" / "dialects"
BEGIN, END = "<!-- routes: begin -->", "<!-- routes: end -->"
_STATES = DONE, REFUSED, MISSING = "done", "refused on purpose", "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that a client can ask for; its path is without slashes around it."""

    service: str
    method: str
    path: str
    name: str


class Route(Protocol):
    """What a door serves."""

    @property
    def method(self) -> str:
        """GET, POST and so on."""

    @property
    def path(self) -> str:
        """Without slashes around it; ``{name}`` stands for a part, ``{name:path}`` for what is left."""

    @property
    def handler(self) -> object:
        """What answers."""


def page(
    dialect: str, below: str, operations: Iterable[Operation], routes: Sequence[Route], refusing: Container[object]
) -> str:
    """The page about a door, with the table of its routes as they are now.

    ``below`` is what all paths are shown without; ``refusing`` are the handlers that refuse whatever is asked.
    """
    text = (DIALECTS / f"{dialect}.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [(one, _state(one, routes, refusing)) for one in operations]
    return f"{before}{BEGIN}\n\n{_table(rows, below)}\n\n{END}{after}"


def _table(rows: Sequence[tuple[Operation, str]], below: str) -> str:
    services = dict.fromkeys(one.service for one, _ in rows)
    counts = [
        f"| {service} | "
        + " | ".join(str(sum((one.service, state) == (service, wanted) for one, state in rows)) for wanted in _STATES)
        + " |"
        for service in services
    ]
    lines = [f"| {one.service} | {one.name} | {one.method} `{one.path}` | {state} |" for one, state in rows]
    return "\n".join(
        [
            f"| service | {' | '.join(_STATES)} |",
            "|---|---|---|---|",
            *counts,
            "",
            f"| service | operation | route, below `{below}` | |",
            "|---|---|---|---|",
            *lines,
        ]
    )


def _state(asked: Operation, routes: Sequence[Route], refusing: Container[object]) -> str:
    """What becomes of a request; the first route that fits counts."""
    path = re.sub(r"\{[^}]*\}", "x", asked.path)
    for route in routes:
        if route.method == asked.method and re.fullmatch(_pattern(route.path), path):
            return REFUSED if route.handler in refusing else DONE
    return MISSING


def _pattern(path: str) -> str:
    parts = re.split(r"(/\{\w+:path\}|\{\w+\})", path)
    return "".join(
        "(/.*)?" if "path}" in one and one[0] == "/" else "[^/]+" if one[:1] == "{" else re.escape(one) for one in parts
    )
