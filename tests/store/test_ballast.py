"""A full disk: what ends and deletes is written all the same, all else is refused, and the room is taken back."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dragoman.core.errors import Unavailable
from dragoman.core.ports import ending
from dragoman.store.ballast import Ballast, BallastDb, widen_log
from dragoman.store.sqlite import SqliteDb

SIZE = 24 << 20
PART = SIZE // 12


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    options = f"size={SIZE}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("may not mount a tmpfs here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> Path:
    """Take all the room that there is."""
    file = disk / "fill"
    with file.open("ab", buffering=0) as out:
        while free := shutil.disk_usage(disk).free:
            out.write(bytes(free))
    return file


def free(disk: Path) -> int:
    return shutil.disk_usage(disk).free


def insert(conn: Connection, size: int) -> None:
    conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS note (text BLOB)")
    conn.exec_driver_sql("INSERT INTO note VALUES (zeroblob(?))", (size,))


@ending
def insert_an_end(conn: Connection, size: int) -> None:
    insert(conn, size)


def test_it_gives_on_a_full_disk_only_and_takes_back(disk: Path) -> None:
    """Piece by piece until nothing is left; whole again as soon as there is room, in another process too."""
    ballast = Ballast(str(disk / "ballast"))
    assert (True, False) == (ballast.is_whole(), ballast.relieve())
    assert PART == (disk / "ballast").stat().st_blocks * 512
    pieces, file = 0, fill(disk)
    while ballast.relieve():
        pieces += 1
        assert not ballast.is_whole()
        fill(disk)
    assert (8, 0) == (pieces, free(disk))
    file.unlink()
    ballast.close()
    ballast = Ballast(str(disk / "ballast"))
    assert ballast.is_whole()
    assert PART == (disk / "ballast").stat().st_blocks * 512
    ballast.close()


def test_room_that_was_just_given_is_enough_for_all_who_wait(disk: Path) -> None:
    """Many writes that fail at the same moment do not each take a piece."""
    ballast = Ballast(str(disk / "ballast"))
    assert ballast.is_whole()
    fill(disk)
    assert [True] * 20 == [ballast.relieve() for _ in range(20)]
    assert PART // 8 == free(disk)
    ballast.close()


def test_what_ends_is_written_on_a_full_disk(disk: Path) -> None:
    """What does not end anything is refused, with what to do, until there is room again."""
    with_room, ballast = SqliteDb(str(disk / "test.db")), Ballast(str(disk / "ballast"))
    db, engine = BallastDb(with_room, ballast), BallastDb(with_room, ballast, is_ending=True)
    db.write_now(insert, 1)
    file = fill(disk)
    for _ in range(10):
        db.write_now(insert_an_end, 50_000)
        engine.write_now(insert, 50_000)
        with pytest.raises(Unavailable, match="Free disk space"):
            db.write_now(insert, 1)
    file.unlink()
    db.write_now(insert, 1)
    assert ballast.is_whole()
    with_room.close()
    ballast.close()


def test_a_wide_log_takes_commits_without_new_room(disk: Path) -> None:
    """Though somebody else snatches every byte; what was written is there in the next process."""
    db = SqliteDb(str(disk / "test.db"))
    db.write_now(insert, 1)
    widen_log(str(disk / "test.db"))
    assert PART == (disk / "test.db-wal").stat().st_blocks * 512
    file = fill(disk)
    for _ in range(10):
        db.write_now(insert, 50_000)
        fill(disk)
    shutil.copytree(disk, disk.parent / "copy")  # as a crash would leave it
    file.unlink()
    db.close()
    copy = SqliteDb(str(disk.parent / "copy" / "test.db"))
    assert 11 == copy.write_now(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM note").scalar())
    assert "ok" == copy.write_now(lambda conn: conn.exec_driver_sql("PRAGMA integrity_check").scalar())
    copy.close()


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Widening is a favour, and fails silently."""
    widen_log(str(tmp_path / "none.db"))
    assert [] == os.listdir(tmp_path)
