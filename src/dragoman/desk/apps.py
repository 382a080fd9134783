"""The verbs on apps: add a version, find, list, change, switch, lock, delete and bring back, give away."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from dragoman.core.ports import Clock, Db
from dragoman.core.registered import AppDraft, AppView, HistoryItem, Need, Scope
from dragoman.core.sources import Wanted
from dragoman.core.things import Identity
from dragoman.desk import app_copies, app_rows
from dragoman.desk.app_copies import Told
from dragoman.desk.app_rows import Edit


class Apps:
    """Apps and their versions, as their owners and those who may use them see them."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._numbering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, who: Identity, door: str, name: str, version: str = "", *, need: Need = Need.READ) -> AppView:
        """A version (none named: the one created last) of an app that somebody may do this with.

        Raises NotFound and Denied.
        """
        return await self._db.read(app_rows.find, who, door, name, version, need=need)

    async def create(self, who: Identity, door: str, draft: AppDraft) -> AppView:
        """Add an app, or a version to one that somebody may change. Raises Invalid, Conflict and Denied."""
        return await self._db.write(app_rows.create, who, door, draft, at=self._clock.now())

    @asynccontextmanager
    async def next_number(self, before: str) -> AsyncIterator[int]:
        """The first number that, with this text before it, is no app's name, deleted or not. Who comes next waits.

        Only doors that name apps otherwise can take the name meanwhile.
        """
        async with self._numbering.setdefault(before, asyncio.Lock()):
            yield await self._db.read(app_copies.next_number, before)

    async def add_copy(self, who: Identity, door: str, draft: AppDraft, told: Told, *, is_public: bool) -> AppView:
        """Add an app that is made after others, and have their histories tell it; for everybody, if it ``is_public``.

        All of that or nothing. Raises as ``create`` does.
        """
        return await self._db.write(
            app_copies.add_copy, who, door, draft, told, is_public=is_public, at=self._clock.now()
        )

    async def change(self, who: Identity, door: str, name: str, version: str, edit: Edit) -> AppView:
        """Give a version another form. Raises Invalid with all that is wrong, NotFound, and Denied when locked too."""
        return await self._db.write(app_rows.change, who, door, name, version, edit=edit, at=self._clock.now())

    async def enable(self, who: Identity, door: str, name: str, *, on: bool) -> int:
        """Switch an app on or off with all its versions; 0 when it was so already."""
        return await self._db.write(app_rows.enable, who, door, name, on=on, at=self._clock.now())

    async def switch(self, who: Identity, door: str, name: str, version: str, *, word: str, on: bool) -> int:
        """Switch one version on or off, or lock it (``word`` is ENABLED or LOCKED); 0 when it was so already."""
        return await self._db.write(app_rows.switch, who, door, name, version, word=word, on=on, at=self._clock.now())

    async def note_copy(self, who: Identity, door: str, name: str, *, detail: Mapping[str, Any]) -> None:
        """Write into an app's history that somebody has copied it, or tried to. Raises NotFound and Denied."""
        await self._db.write(app_rows.note_copy, who, door, name, detail=detail, at=self._clock.now())

    async def remove(self, who: Identity, door: str, name: str) -> int:
        """Delete an app with all its versions, and its grants; 0 when it was so already."""
        return await self._db.write(app_rows.delete, who, door, name, on=True, at=self._clock.now())

    async def restore(self, who: Identity, door: str, name: str) -> int:
        """Bring a deleted app back, without its grants; 0 when it was not deleted."""
        return await self._db.write(app_rows.delete, who, door, name, on=False, at=self._clock.now())

    async def hand_over(self, who: Identity, door: str, name: str, to: str) -> int:
        """Give an app to another account; 0 when it has it already. Raises Invalid when there is no such account."""
        return await self._db.write(app_rows.hand_over, who, door, name, to, at=self._clock.now())

    async def history(self, who: Identity, door: str, name: str) -> list[HistoryItem]:
        """All that was done to an app and its versions, oldest first; also to a deleted one."""
        return await self._db.read(app_rows.history, who, door, name)

    async def list(
        self, who: Identity, door: str, scope: Scope, *, every: bool = False, deleted: bool = False
    ) -> list[AppView]:
        """The apps that somebody may see, by name: the latest version, or every one; deleted ones too when asked."""
        return await self._db.read(app_rows.list_apps, who, door, scope, every=every, deleted=deleted)

    async def search(
        self, who: Identity, door: str, wanted: Wanted, *, may_cut: bool = True
    ) -> tuple[Sequence[AppView], bool]:
        """The wanted part of the apps that somebody may see, and whether it is that.

        If not, all among which it is to be found, by name. For doors where each version is an app of its own.
        """
        return await self._db.read(app_rows.search, who, door, wanted, may_cut=may_cut)
