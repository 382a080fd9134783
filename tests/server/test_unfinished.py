"""What a service leaves that is killed: bytes of an upload that no file has yet, and files that are half written."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import NotFound
from dragoman.core.ports import Stored
from dragoman.host.half_files import HalfFiles
from dragoman.server.unfinished import clear_uploads, clearing
from dragoman.shells.local_login import LocalLogin
from dragoman.store import Connection, files
from dragoman.store.sqlite import SqliteDb
from tests.store.things import T0, add_account

pytestmark = pytest.mark.anyio


async def upload(blobs: LocalBlobs) -> Stored:
    """Bytes that arrived, for which there is no file yet."""
    writer = blobs.writer()
    await writer.write(b"bytes")
    return await writer.commit()


async def test_bytes_that_no_file_has_are_removed(tmp_path: Path) -> None:
    """Those alone: neither what a file has, nor what was settled, whatever the database knows of it."""
    db, blobs = SqliteDb(str(tmp_path / "test.db")), LocalBlobs(str(tmp_path / "blobs"))
    kept, settled, stray = [await upload(blobs) for _ in range(3)]
    blobs.settle([settled.key])

    def add(conn: Connection) -> None:
        owner = add_account(conn)
        files.add_file(conn, door="d", alias="a", owner_id=owner.id, name="n", role="input", stored=kept, at=T0)

    try:
        db.write_now(add)
        unfinished = blobs.writer()
        await unfinished.write(b"x" * (1 << 22))
        await clear_uploads(db, LocalBlobs(str(tmp_path / "blobs")))
        assert [] == os.listdir(tmp_path / "blobs" / "incoming")
        for stored in (kept, settled):
            blobs.open(stored.key).close()
        with pytest.raises(NotFound):
            blobs.open(stray.key)
        await clear_uploads(db, blobs)
        blobs.open(kept.key).close()
        await unfinished.abort()
    finally:
        db.close()


class Sites:
    """Hosts that are directories, some of which do not let anybody in."""

    def __init__(self, *roots: Path) -> None:
        self._roots = roots

    async def of(self, system_id: int, account_id: int) -> Any:
        closed = "" if system_id < len(self._roots) else "It is disabled."
        return SimpleNamespace(closed=closed, login=LocalLogin(str(self._roots[system_id - 1]), list))


async def test_half_files_that_were_noted_together_are_removed(tmp_path: Path) -> None:
    """Those that have got their names are no matter; what is on a host that is closed stays noted."""
    for name in ("one/.a.part", "one/.b.part", "one/kept", "two/.c.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"half")
    notes = HalfFiles(str(tmp_path / "notes"))
    notes.note(1, 7, ["/.a.part", "/.named.part", "/.b.part"])
    notes.note(2, 7, ["/.c.part"])
    async with clearing(Sites(tmp_path / "one", tmp_path / "two"), notes.left()), asyncio.timeout(120):
        while len(notes.left()) != 1:
            await asyncio.sleep(0.01)
    assert ["kept"] == os.listdir(tmp_path / "one")
    assert [2] == [half.system_id for half, _ in notes.left()]
