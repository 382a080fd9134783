"""What is noted of half files outlives the process, and nothing else does."""

import os
import time
from pathlib import Path

import pytest

from dragoman.host.half_files import Half, HalfFiles


def test_a_note_is_there_until_it_is_forgotten(tmp_path: Path) -> None:
    """Whoever looks next finds it, with a way to forget it."""
    notes, before = HalfFiles(f"{tmp_path}/half"), time.time()
    kept, gone = notes.note(1, 2, ["/a/.x.part", "/a/.z.part"]), notes.note(1, 3, ["/b/.y.part"])
    gone()
    [(half, forget)] = HalfFiles(f"{tmp_path}/half").left()
    assert Half(system_id=1, account_id=2, paths=["/a/.x.part", "/a/.z.part"], at=half.at) == half
    assert before <= half.at <= time.time()
    forget()
    assert [] == notes.left()
    kept()


def test_names_of_all_sorts_can_be_noted(tmp_path: Path) -> None:
    """Also such that are no text."""
    path = os.fsdecode(b"/a\n\xff/.x.part")
    HalfFiles(str(tmp_path)).note(1, 2, [path])
    assert [[path]] == [half.paths for half, _ in HalfFiles(str(tmp_path)).left()]


def test_a_note_of_an_older_service_is_of_one_file(tmp_path: Path) -> None:
    """It is found as any other."""
    (tmp_path / "old").write_text('{"system_id": 1, "account_id": 2, "path": "/a/.x.part"}')
    [(half, _)] = HalfFiles(str(tmp_path)).left()
    assert Half(system_id=1, account_id=2, paths=["/a/.x.part"]) == half


def test_half_a_note_is_none(tmp_path: Path) -> None:
    """Its file was never begun: it is cleared away."""
    for number, text in enumerate(("", '{"system_id": 1', "[]", '{"path": "/a"}')):
        (tmp_path / str(number)).write_text(text)
    assert [] == HalfFiles(str(tmp_path)).left()
    assert [] == list(tmp_path.iterdir())


def test_a_full_disk_keeps_nobody_from_writing(tmp_path: Path) -> None:
    """There is no note then, and nothing to forget."""
    notes = HalfFiles(f"{tmp_path}/half")
    (tmp_path / "half").rmdir()
    notes.note(1, 2, ["/a"])()
    (tmp_path / "half").mkdir()
    assert [] == notes.left()


def test_notes_of_what_takes_long_are_brought_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with the directory that they are in; what is forgotten by then, or only just begun, is not waited for."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    notes = HalfFiles(str(tmp_path))
    notes.note(1, 2, ["/gone"])()
    notes.note(1, 2, ["/kept"])
    [kept] = tmp_path.iterdir()
    notes.settle(age=3600)
    assert [] == synced
    for _ in range(2):
        notes.settle(age=0)
        assert [kept.stat().st_ino, tmp_path.stat().st_ino] == synced


def test_a_note_of_an_older_service_is_one(tmp_path: Path) -> None:
    """It does not tell the time."""
    (tmp_path / "old").write_text('{"system_id": 1, "account_id": 2, "path": "/a"}')
    assert [0.0] == [half.at for half, _ in HalfFiles(str(tmp_path)).left()]
