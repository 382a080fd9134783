"""Goes through directories on hosts, one entry after another, so that who wants the first few does not wait for all."""

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from dragoman.core.errors import Denied, NotFound
from dragoman.core.paths import below
from dragoman.core.places import Found
from dragoman.core.ports import Facts
from dragoman.core.things import System

DEEPEST = 20
"""Levels that are gone down."""
BUCKETS = frozenset({"s3"})
"""Kinds of systems that know no directories: what lies in one is shown by its path."""


class Where(Protocol):
    """A directory on a system that can be looked into."""

    @property
    def system(self) -> System:
        """Where it is."""
        ...

    @property
    def path(self) -> str:
        """Which one it is."""
        ...

    async def entries(self, path: str) -> list[Facts]:
        """What a directory holds."""
        ...

    async def facts(self, path: str | None = None, *, follow: bool = True) -> Facts:
        """What there is at a path."""
        ...


Test = Callable[[str], bool]
"""Whether something is so of a path."""


def nothing(_: str) -> bool:
    """Of no path."""
    return False


async def walk(
    top: Where, *, levels: int = DEEPEST, follow: bool = False, without: Test = nothing
) -> AsyncGenerator[Found, None]:
    """What a directory holds, by name in any letter case, and below each directory what that one holds.

    With ``follow`` links to files are shown as the files, and other links and special files are left out. Directories
    that must not be looked into, or vanish meanwhile, count as empty; not so the top one. Paths ``without`` are left
    out with all that is in them.
    """
    flat = top.system.kind in BUCKETS
    todo = [[Found(system=top.system.name, path=top.path, facts=await top.facts())]]
    while todo:
        if not todo[-1]:
            todo.pop()
            continue
        found = todo[-1].pop()
        if found.path != top.path and not (flat and found.is_directory):
            if follow and not found.is_directory:
                found = await _followed(top, found)
            if not follow or found.facts.kind in {"file", "dir"}:
                yield found
        if found.is_directory and (flat or len(todo) <= levels):
            todo.append([one for one in await _inside(top, found) if not without(one.path)])


async def _inside(top: Where, directory: Found) -> list[Found]:
    """Its entries, the first one last."""
    try:
        entries = await top.entries(directory.path)
    except (Denied, NotFound):
        if directory.path == top.path:
            raise
        return []
    entries.sort(key=lambda facts: (facts.name.lower(), facts.name), reverse=True)
    return [Found(system=directory.system, path=below(directory.path, facts.name), facts=facts) for facts in entries]


async def _followed(top: Where, found: Found) -> Found:
    if found.facts.kind != "link":
        return found
    try:
        facts = await top.facts(found.path)
    except (Denied, NotFound):
        return found
    return found if facts.kind == "dir" else Found(system=found.system, path=found.path, facts=facts)
