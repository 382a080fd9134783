"""Finds what one element of a transfer consists of: a file, all that a directory holds, or something on the web."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from dragoman.core.errors import Invalid, NotFound, TooLarge
from dragoman.core.paths import address, below, read_address
from dragoman.core.patience import within
from dragoman.core.ports import Facts
from dragoman.core.things import Verb
from dragoman.core.transfers import Part
from dragoman.engine.ends import End, Ends

MOST = 10_000
"""Files and directories of one transfer."""
DEEPEST = 64
"""Directories within directories; deeper is most likely a link to a directory above."""

Row = Mapping[str, Any]


async def find(ends: Ends, element: Part, *, room: int, silence: float) -> list[Row]:
    """What there is to copy, parents first. Raises TooLarge when it is more than there is room for."""
    await ends.check(element.target, Verb.CHANGE)
    if read_address(element.source) is None:
        return [row(element, element.source, element.target)]
    await ends.check(element.source, Verb.READ)
    source = await ends.open(element.source, element.account_id)
    facts = await within(silence, source.login.facts(source.host_path), str(source))
    if facts.kind == "file":
        return [row(element, element.source, element.target, size=facts.size)]
    if facts.kind != "dir":
        raise Invalid.field("source", why="It is neither a file nor a directory.")
    rows = [row(element, element.source, element.target, is_directory=True)]
    async for path, found in _walk(source, silence, await ends.hides(source)):
        name = path.removeprefix(below(source.path, "").rstrip("/") + "/")
        is_directory = found.kind == "dir"
        target = _below(element.target, name)
        place = address(source.system.name, path)
        rows.append(row(element, place, target, size=found.size, is_directory=is_directory))
        if len(rows) > room:
            raise TooLarge(f"A transfer may have {MOST} files and directories.")
    return rows


def _below(kept: str, name: str) -> str:
    system, path = read_address(kept) or ("", "")
    return address(system, below(path, name))


def row(element: Part, source: str, target: str, *, size: int = 0, is_directory: bool = False) -> Row:
    """A part of an element as it is stored."""
    return {
        "account_id": element.account_id,
        "source": source,
        "target": target,
        "is_directory": is_directory,
        "total_bytes": 0 if is_directory else size,
    }


async def _walk(top: End, silence: float, hidden: Callable[[str], bool]) -> AsyncIterator[tuple[str, Facts]]:
    """Everything in a directory that can be copied, links followed; what they lead to when it exists."""
    todo = [(top.path, 1)]
    while todo:
        path, depth = todo.pop()
        if depth > DEEPEST:
            raise TooLarge(f"Directories may be nested {DEEPEST} deep. Is there a link to a directory above?")
        here = End(system=top.system, path=path, login=top.login)
        entries = await within(silence, top.login.entries(here.host_path), str(here))
        for entry in sorted(entries, key=lambda one: one.name):
            if hidden(below(path, entry.name)):
                continue
            found = await _followed(here, entry, silence) if entry.kind == "link" else entry
            if found.kind in {"file", "dir"}:
                yield below(path, entry.name), found
            if found.kind == "dir":
                todo.append((below(path, entry.name), depth + 1))


async def _followed(directory: End, link: Facts, silence: float) -> Facts:
    try:
        return await within(silence, directory.login.facts(below(directory.host_path, link.name)), str(directory))
    except NotFound:
        return link
