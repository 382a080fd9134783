"""The verbs on files where people keep them: look, list, read, write, move, copy, remove; for who may, as they may."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from functools import partial

from dragoman.core.errors import Conflict, Invalid, NotFound
from dragoman.core.paths import ROOT, below, check_name, is_below, located, name_of, parent_of
from dragoman.core.patience import Patient, hand_over, within
from dragoman.core.places import Found
from dragoman.core.things import Identity, Page, Verb
from dragoman.desk.spots import PATIENCE, Opened, Spot, Spots
from dragoman.desk.walks import BUCKETS, DEEPEST, Test, nothing, walk

SENDING = 300.0
"""Seconds that somebody who sends a file may keep its host waiting for the next bytes."""
LISTING = 120.0
"""Seconds in which a listing must be there, however many directories it goes through."""


class Places:
    """Files on systems, by path below the system's root.

    Every verb raises NotFound, Denied, Invalid and Unavailable.
    """

    def __init__(self, spots: Spots) -> None:
        self._spots = spots

    async def facts(self, who: Identity, door: str, system: str, path: str, *, follow: bool) -> tuple[Found, str]:
        """What there is at a path, and where that is on the host."""
        spot = await self._spots.open(who, door, system, path, Verb.READ)
        facts = await spot.facts(follow=follow)
        return Found(system=system, path=spot.path, facts=facts), spot.on_host()

    async def list(
        self,
        who: Identity,
        door: str,
        system: str,
        path: str,
        *,
        page: Page,
        deep: bool = False,
        fits: Test | None = None,
        without: Test = nothing,
        lender: str = "",
    ) -> list[Found]:
        """A page of what a directory holds, by name in any letter case; of a file, itself.

        With ``deep`` everything below, each directory before what it holds. Only names that ``fits`` count, and no
        paths ``without``. ``lender`` is somebody whose rights count, too.
        """
        spot = await self._spots.open(who, door, system, path, Verb.READ, lender=lender)
        listing = _page(_entries(spot, deep=deep, without=without), page, fits or (lambda _: True))
        return await within(LISTING, listing, f"The system {system}")

    async def open(self, who: Identity, door: str, system: str, path: str, *, lender: str = "") -> Opened:
        """A file or directory, to be read; links are followed. ``lender`` is somebody whose rights count, too."""
        return await self.open_spot(await self._spots.open(who, door, system, path, Verb.READ, lender=lender))

    async def open_shared(self, door: str, system: str, path: str) -> Opened:
        """A file or directory that is shared with everybody, for whoever asks. Raises NotFound when it is not."""
        return await self.open_spot(await self._spots.open_shared(door, system, path))

    async def open_spot(self, spot: Spot) -> Opened:
        """What there is at a path that somebody may read."""
        found = Found(system=spot.system.name, path=spot.path, facts=await spot.facts())
        return Opened(found=found, spot=spot)

    async def write(
        self, who: Identity, door: str, system: str, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None
    ) -> int:
        """Write a file whole or not at all, with the directories above it; how many bytes it got.

        A file that is there is replaced, and keeps its mode unless one is given. Raises Invalid where there is a
        directory.
        """
        check_name(located(path))
        spot = await self._spots.open(who, door, system, path, Verb.CHANGE)
        if spot.path == ROOT or await _kind(spot) == "dir":
            raise Invalid.field("path", why="This is a directory. Name the file to write.")
        given = Patient(SENDING, pieces, "Who sends the file")
        write = partial(spot.login.write, spot.on_host(), mode=mode)
        with _made("path"):
            return await hand_over(PATIENCE, write, given, f"The system {system}")

    async def make_directory(self, who: Identity, door: str, system: str, path: str) -> None:
        """Make a directory and those above it; one that is there is no error. Raises Invalid where there is a file."""
        check_name(located(path))
        spot = await self._spots.open(who, door, system, path, Verb.CHANGE)
        with _made("path"):
            await spot.wait(spot.login.make_directory(spot.on_host()))

    async def move(self, who: Identity, door: str, system: str, path: str, new_path: str) -> None:
        """Move a file or directory; into ``new_path`` where that is a directory. Parents are made."""
        spot = await self._spots.open(who, door, system, path, Verb.CHANGE)
        target = await self._target(who, door, spot, new_path)
        with _nothing_in_the_way("newPath"):
            await spot.wait(spot.login.rename(spot.on_host(), spot.on_host(target)))

    async def copy(
        self, who: Identity, door: str, system: str, path: str, new_path: str, *, merge: bool = False
    ) -> None:
        """Copy a file, or a directory with everything in it; into ``new_path`` where that is a directory.

        With ``merge``, what a directory holds goes into a directory that is there.
        """
        spot = await self._spots.open(who, door, system, path, Verb.READ)
        target = await self._target(who, door, spot, new_path, merge=merge)
        with _nothing_in_the_way("newPath"):
            copying = spot.login.copy(spot.on_host(), spot.on_host(target))
            await within(LISTING, copying, f"The system {system}")

    async def remove(self, who: Identity, door: str, system: str, path: str) -> None:
        """Delete a file, or a directory with everything in it; of the root, only what it holds."""
        spot = await self._spots.open(who, door, system, path, Verb.CHANGE)
        if spot.path != ROOT:
            await within(LISTING, spot.login.remove(spot.on_host()), f"The system {system}")
            return
        for facts in await spot.entries(ROOT):
            removing = spot.login.remove(spot.on_host(below(ROOT, facts.name)))
            await within(LISTING, removing, f"The system {system}")

    async def _target(self, who: Identity, door: str, spot: Spot, new_path: str, *, merge: bool = False) -> str:
        """Where something goes that is moved or copied; its directory is there then."""
        check_name(wanted := located(new_path, field="newPath"), field="newPath")
        (await self._spots.standing(who, door, spot.system.name, wanted)).check(Verb.CHANGE)
        if spot.path == ROOT:
            raise Invalid.field("path", why="The root directory cannot be moved or copied.")
        facts = await spot.facts(follow=False)
        if wanted == spot.path:
            raise NotFound("The new path is the same as the old one.")
        goes_inside = not (merge and facts.kind == "dir") and await _kind(spot, wanted) == "dir"
        target = below(wanted, name_of(spot.path)) if goes_inside else wanted
        if is_below(target, spot.path):
            raise Invalid.field("newPath", why="A directory cannot go into itself, nor anything onto itself.")
        with _made("newPath"):
            await spot.wait(spot.login.make_directory(spot.on_host(parent_of(target))))
        return target


async def _kind(spot: Spot, path: str | None = None) -> str:
    try:
        return (await spot.facts(path)).kind
    except NotFound:
        return ""


@contextmanager
def _nothing_in_the_way(field: str) -> Iterator[None]:
    try:
        yield
    except Conflict as problem:
        raise Invalid.field(field, why=str(problem)) from problem


@contextmanager
def _made(field: str) -> Iterator[None]:
    """For what makes all directories that are missing: where one still is, something else stands in its place."""
    with _nothing_in_the_way(field):
        try:
            yield
        except NotFound as problem:
            raise Invalid.field(field, why="A part of this path is a file, not a directory.") from problem


async def _entries(spot: Spot, *, deep: bool, without: Test) -> AsyncGenerator[Found, None]:
    """What a listing shows, in its order."""
    flat = spot.system.kind in BUCKETS
    try:
        facts = await spot.facts()
    except NotFound:
        if flat and spot.path == ROOT:  # a bucket with nothing in it
            return
        facts = await spot.facts(follow=False)  # perhaps a link that leads nowhere
    if facts.kind != "dir":
        yield Found(system=spot.system.name, path=spot.path, facts=facts)
        return
    async with aclosing(walk(spot, levels=DEEPEST if deep else 1, without=without)) as entries:
        async for found in entries:
            yield found


async def _page(listing: AsyncGenerator[Found, None], page: Page, fits: Test) -> list[Found]:
    found: list[Found] = []
    async with aclosing(listing) as entries:
        async for entry in entries:
            if fits(name_of(entry.path)):
                found.append(entry)
            if len(found) == page.offset + page.limit:
                break
    return found[page.offset :]
