"""The spool believes nothing: what plugins leave to upload is moved, checked, and its links are not followed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dragoman.agent.spool import Spool
from dragoman.core.edge import Firing, FiringState

NAME = "1661279233562104000-a9993e364706816aba3e25717850c26c9cd0d89d"
FIRING = Firing(
    id=7, goal="g", job="1", plugin="p", pod="p-abcdef", app="x", reason="", spec={}, state=FiringState.SELECTED,
    job_id=1, queued_at=0, ended_at=None, outcome="",
)  # fmt: skip
SYSTEM = {"task": "p", "vsn": "W023"}


def leave(uploads: Path, name: str = NAME, meta: Any = None, data: bytes | None = b"abc") -> Path:
    """An upload as pywaggle leaves it."""
    folder = uploads / name
    folder.mkdir(parents=True)
    if data is not None:
        (folder / "data").write_bytes(data)
    told = {"timestamp": 1661279233562104000, "shasum": NAME[20:], "labels": {"camera": "top", "filename": "snap.jpg"}}
    (folder / "meta").write_text(json.dumps(told if meta is None else meta))
    return folder


def test_an_upload_is_moved_with_its_meta(tmp_path: Path) -> None:
    """What the node says goes before what the plugin says."""
    spool, uploads = Spool(str(tmp_path / "spool")), tmp_path / "uploads"
    meta = {"timestamp": 1661279233562104000, "labels": {"camera": "top", "filename": "snap.jpg", "vsn": "W999"}}
    leave(uploads, meta=meta)
    (parcel,) = spool.gather(str(uploads), FIRING, SYSTEM)
    assert {"camera": "top", "filename": "snap.jpg", "task": "p", "vsn": "W023"} == parcel.meta
    assert (1661279233562104000, "snap.jpg", 3) == (parcel.at, parcel.filename, parcel.size)
    assert [] == os.listdir(uploads)
    with os.fdopen(spool.open(parcel.folder), "rb") as source:
        assert b"abc" == source.read()
    assert [parcel] == spool.gather(str(uploads), FIRING, SYSTEM)
    spool.remove(parcel.folder)
    assert [] == spool.gather(str(uploads), FIRING, SYSTEM)


def test_one_that_is_not_finished_stays(tmp_path: Path) -> None:
    """Its meta comes last."""
    spool, uploads = Spool(str(tmp_path / "spool")), tmp_path / "uploads"
    (uploads / NAME).mkdir(parents=True)
    (uploads / NAME / "data").write_bytes(b"ab")
    assert [] == spool.gather(str(uploads), FIRING, SYSTEM)
    assert [NAME] == os.listdir(uploads)


def test_no_link_is_followed(tmp_path: Path) -> None:
    """Neither for the bytes, nor for the meta, nor for the folder, nor for all of them."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("secret")
    uploads = tmp_path / "uploads"
    (leave(uploads, data=None) / "data").symlink_to(secret / "key")
    other = leave(uploads, NAME.replace("a", "b"))
    (other / "meta").rename(secret / "meta")
    (other / "meta").symlink_to(secret / "meta")
    leave(secret, NAME.replace("a", "c"))
    (uploads / NAME.replace("a", "c")).symlink_to(secret / NAME.replace("a", "c"))
    spool = Spool(str(tmp_path / "spool"))
    assert [] == spool.gather(str(uploads), FIRING, SYSTEM)
    assert [] == os.listdir(spool.root)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(secret)
    assert [] == Spool(str(tmp_path / "spool2")).gather(str(elsewhere), FIRING, SYSTEM)
    assert "secret" == (secret / "key").read_text()


@pytest.mark.parametrize(
    "meta",
    [[], "x", {}, {"timestamp": "1", "labels": {}}, {"timestamp": True, "labels": {}}, {"timestamp": 12, "labels": {}},
     {"timestamp": 1661279233562104000, "labels": []}, {"timestamp": 1 << 70, "labels": {}}],
)  # fmt: skip
def test_a_meta_that_is_none_makes_no_upload(tmp_path: Path, meta: Any) -> None:
    """It is thrown away, and the rest goes on."""
    spool, uploads = Spool(str(tmp_path / "spool")), tmp_path / "uploads"
    leave(uploads, meta=meta)
    leave(uploads, NAME.replace("a", "b"))
    assert 1 == len(spool.gather(str(uploads), FIRING, SYSTEM))
    assert 1 == len(os.listdir(spool.root))


@pytest.mark.parametrize(
    ("name", "becomes"), [("../../x", ".._.._x"), ("..", "data"), ("a\nb", "a_b"), ("ä" * 150, "ä" * 100), ("", "data")]
)
def test_names_cannot_lead_elsewhere(tmp_path: Path, name: str, becomes: str) -> None:
    """Whatever the plugin calls its file."""
    spool, uploads = Spool(str(tmp_path / "spool")), tmp_path / "uploads"
    leave(uploads, meta={"timestamp": 1661279233562104000, "labels": {"filename": name}})
    assert becomes == spool.gather(str(uploads), FIRING, SYSTEM)[0].filename


def test_labels_that_cannot_be_meta_are_left_out(tmp_path: Path) -> None:
    """Bad keys, values that are too long, and more than there may be."""
    spool, uploads = Spool(str(tmp_path / "spool")), tmp_path / "uploads"
    labels = {
        "filename": "a",
        "1x": "no",
        "long": "x" * 300,
        "n": 3,
        "good": "yes",
        **{f"k{n}": "v" for n in range(99)},
    }
    leave(uploads, meta={"timestamp": 1661279233562104000, "labels": labels})
    meta = spool.gather(str(uploads), FIRING, SYSTEM)[0].meta
    assert "yes" == meta["good"]
    assert not {"1x", "long", "n"} & set(meta)
    assert len(meta) <= 32
