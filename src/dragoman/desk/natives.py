"""What a Linux host does itself to files: mode, owner, group and access lists, by its own programs."""

import shlex
from collections.abc import Sequence

from dragoman.core.errors import Unsupported
from dragoman.core.places import Ran
from dragoman.core.things import Identity, Verb
from dragoman.desk.spots import Spot, Spots

SECONDS = 120.0


class Natives:
    """Runs programs of the host on paths. A program that fails is an answer; raises NotFound, Denied, Unavailable.

    Raises Unsupported on systems that have no such programs.
    """

    def __init__(self, spots: Spots) -> None:
        self._spots = spots

    async def change_mode(self, who: Identity, door: str, system: str, path: str, mode: str, *, deep: bool) -> Ran:
        """``chmod``, with an octal mode."""
        return await self._own(await self._there(who, door, system, path, Verb.CHANGE), "chmod", mode, deep=deep)

    async def change_owner(self, who: Identity, door: str, system: str, path: str, user: str, *, deep: bool) -> Ran:
        """``chown``."""
        return await self._own(await self._there(who, door, system, path, Verb.CHANGE), "chown", user, deep=deep)

    async def change_group(self, who: Identity, door: str, system: str, path: str, group: str, *, deep: bool) -> Ran:
        """``chgrp``."""
        return await self._own(await self._there(who, door, system, path, Verb.CHANGE), "chgrp", group, deep=deep)

    async def read_list(self, who: Identity, door: str, system: str, path: str) -> Ran:
        """``getfacl``: the access list of a path."""
        spot = await self._there(who, door, system, path, Verb.READ)
        return await self._run(spot, ["getfacl", "--omit-header", "--absolute-names"])

    async def change_list(self, who: Identity, door: str, system: str, path: str, options: Sequence[str]) -> Ran:
        """``setfacl`` with these options."""
        spot = await self._there(who, door, system, path, Verb.CHANGE)
        return await self._run(spot, ["setfacl", *options])

    async def _own(self, spot: Spot, program: str, argument: str, *, deep: bool) -> Ran:
        return await self._run(spot, [program, *(["-R"] if deep else [])], argument)

    async def _there(self, who: Identity, door: str, system: str, path: str, verb: Verb) -> Spot:
        spot = await self._spots.open(who, door, system, path, verb)
        if spot.system.kind != "linux":
            raise Unsupported("Only Linux systems have modes, owners and access lists.")
        await spot.facts(follow=False)
        return spot

    async def _run(self, spot: Spot, words: Sequence[str], *arguments: str) -> Ran:
        argv = [*words, "--", *arguments, spot.on_host()]
        done = await spot.login.run(argv, seconds=SECONDS)
        return Ran(command=shlex.join(argv), done=done)
