"""What a service leaves that is killed between the bytes of an upload and the file that has them."""

import os
from pathlib import Path

import pytest

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import NotFound
from dragoman.core.ports import Stored
from dragoman.server.unfinished import clear_uploads
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
