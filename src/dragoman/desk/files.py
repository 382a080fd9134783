"""The verbs on files: add an upload, find, list, change, open and remove."""

import asyncio
from collections.abc import Callable
from typing import BinaryIO

from dragoman.core.errors import NotFound, TooLarge
from dragoman.core.ports import BlobStore, Clock, Db, Stored, ending
from dragoman.core.things import FileQuery, FileView, Identity, Page
from dragoman.core.work import NewWork
from dragoman.desk.seen import file_for, job_for, own_file_for, view_files
from dragoman.store import Connection, accounts, files, queue


class Files:
    """Files in the blob store, as their owners and those they are shared with see them."""

    def __init__(self, db: Db, clock: Clock, blobs: BlobStore, hint: Callable[[], None], *, most: int = 0) -> None:
        """``most`` bytes may an account's uploads have together at one door; 0: any number."""
        self._db, self._clock, self._blobs, self._hint = db, clock, blobs, hint
        self._most = most

    async def left(self, who: Identity, door: str) -> int | None:
        """How many bytes more somebody may upload now; None: any number."""
        if not self._most:
            return None
        return max(0, self._most - await self._db.read(files.bytes_of, door=door, owner_id=who.account.id))

    async def add(self, who: Identity, door: str, alias: str, *, name: str, role: str, stored: Stored) -> FileView:
        """Keep an upload whose bytes are stored.

        Raises Conflict when the alias is taken (mint another), and TooLarge, with the bytes gone, when others that came
        meanwhile have left no room for it.
        """
        at = self._clock.now()
        try:
            view = await self._db.write(
                _add, who, door, alias, name=name, role=role, stored=stored, at=at, most=self._most
            )
        except TooLarge:
            await asyncio.to_thread(self._blobs.remove, [stored.key])
            await asyncio.to_thread(self._blobs.settle, [stored.key])
            raise
        await asyncio.to_thread(self._blobs.settle, [stored.key])
        return view

    async def find(self, who: Identity, door: str, alias: str) -> FileView:
        """A file; deleted ones too."""
        return await self._db.read(_find, who, door, alias)

    async def list(self, who: Identity, door: str, query: FileQuery, page: Page) -> tuple[int, list[FileView]]:
        """How many files fit, and one page: the account's own, newest first, or one job's outputs, by path."""
        return await self._db.read(_list, who, door, query, page)

    async def change(self, who: Identity, door: str, alias: str, *, name: str | None, role: str | None) -> FileView:
        """Give a file another name or role."""
        return await self._db.write(_change, who, door, alias, name=name, role=role)

    async def remove(self, who: Identity, door: str, alias: str) -> None:
        """Delete a file's bytes; what is known about it stays readable."""
        await self._db.write(_remove, who, door, alias, at=self._clock.now())
        self._hint()

    async def open(self, who: Identity, door: str, alias: str) -> tuple[FileView, BinaryIO]:
        """A file and its bytes. Raises NotFound, also when it was deleted."""
        view = await self.find(who, door, alias)
        if view.file.deleted_at is not None:
            raise NotFound("Not found.")
        return view, await asyncio.to_thread(self._blobs.open, view.file.blob)


def _add(
    conn: Connection, who: Identity, door: str, alias: str, *, name: str, role: str, stored: Stored, at: int, most: int
) -> FileView:
    owner = who.account
    if most and stored.size:
        accounts.hold_account(conn, owner.id)
        if files.bytes_of(conn, door=door, owner_id=owner.id) + stored.size > most:
            why = f"Your uploads may have {most} bytes together."
            raise TooLarge(why, hint="Delete some files, then try again.")
    file = files.add_file(conn, door=door, alias=alias, owner_id=owner.id, name=name, role=role, stored=stored, at=at)
    return FileView(file=file, owner=owner)


def _find(conn: Connection, who: Identity, door: str, alias: str) -> FileView:
    return view_files(conn, [file_for(conn, who, door, alias)])[0]


def _list(conn: Connection, who: Identity, door: str, query: FileQuery, page: Page) -> tuple[int, list[FileView]]:
    if query.job_alias:
        job = job_for(conn, who, door, query.job_alias)
        count, found = files.list_outputs(conn, job_id=job.id, query=query, page=page)
    else:
        count, found = files.list_files(conn, account_id=who.account.id, door=door, query=query, page=page)
    return count, view_files(conn, found)


def _change(conn: Connection, who: Identity, door: str, alias: str, *, name: str | None, role: str | None) -> FileView:
    files.change_file(conn, own_file_for(conn, who, door, alias), name=name, role=role)
    return _find(conn, who, door, alias)


@ending
def _remove(conn: Connection, who: Identity, door: str, alias: str, *, at: int) -> None:
    file = own_file_for(conn, who, door, alias)
    if blobs := files.delete_files(conn, [file.id], at=at):
        queue.add_work(conn, NewWork(kind="sweep-file", ref=file.id, due_at=at, note={"blobs": blobs}))
