"""Triggers from the command line: added with all that is said checked, listed, removed."""

import json
from pathlib import Path

import pytest

from dragoman.store.sqlite import SqliteDb
from tests.cli.conftest import Dragoman
from tests.store.things import add_account, add_job

JSON = ("--output", "json")


@pytest.fixture(autouse=True)
def stored(tmp_path: Path) -> None:
    """Ada has a stored job, and bob has none."""
    (tmp_path / "data").mkdir()
    db = SqliteDb(str(tmp_path / "data" / "dragoman.db"))
    try:
        db.write_now(lambda conn: add_job(conn, add_account(conn), "AAAAAA"))
        db.write_now(lambda conn: add_account(conn, "bob"))
    finally:
        db.close()


def test_a_trigger_is_added_listed_and_removed(dragoman: Dragoman) -> None:
    """With everything that was said; without a rate it is sixty in an hour."""
    words = ("--name", "env.rain", "--meta", "vsn=W023", "--when", "v('env.rain') > 3", "--set", "RAIN={value}")
    added = json.loads(dragoman("trigger", "add", "ada", "AAAAAA", *words, *JSON).out)
    assert {"id": 1, "job": "rescale/AAAAAA"} == added
    assert 0 == dragoman("trigger", "add", "ada", "rescale/AAAAAA", "--name", "upload", "--rate", "2/15m").code
    one, two = json.loads(dragoman("trigger", "list", *JSON).out)
    assert {
        "id": 1,
        "owner": "ada",
        "measurements": "name=env.rain vsn=W023",
        "when": "v('env.rain') > 3",
        "job": "rescale/AAAAAA",
        "variables": "RAIN={value}",
        "rate": "60/h",
        "started": 0,
        "skipped": 0,
        "last": "",
        "fault": "",
    } == one
    assert "2/15m" == two["rate"]
    assert 0 == dragoman("trigger", "remove", "1").code
    assert [2] == [one["id"] for one in json.loads(dragoman("trigger", "list", *JSON).out)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("ada", "AAAAAA"), "which measurements"),
        (("ada", "BBBBBB", "--name", "env.rain"), "has no job BBBBBB"),
        (("bob", "AAAAAA", "--name", "env.rain"), "has no job AAAAAA"),
        (("eve", "AAAAAA", "--name", "env.rain"), "no account eve"),
        (("ada", "AAAAAA", "--name", "env.rain", "--when", "__import__('os')"), "condition"),
        (("ada", "AAAAAA", "--name", "env.rain", "--rate", "often"), "10/h"),
        (("ada", "AAAAAA", "--name", "env.rain", "--within", "soon"), "10m"),
        (("ada", "AAAAAA", "--name", "env.rain", "--set", "RAIN"), "KEY=TEXT"),
        (("ada", "AAAAAA", "--name", "env.rain", "--set", "RAIN={rain}"), "{rain}"),
        (("ada", "AAAAAA", "--name", "env(rain"), "name"),
    ],
)
def test_what_is_refused(dragoman: Dragoman, words: tuple[str, ...], why: str) -> None:
    """With what to write instead; nothing is kept."""
    told = dragoman("trigger", "add", *words)
    assert (1, True) == (told.code, why in told.err)
    assert [] == json.loads(dragoman("trigger", "list", *JSON).out)


def test_nothing_is_removed_twice(dragoman: Dragoman) -> None:
    assert (1, True) == ((told := dragoman("trigger", "remove", "7")).code, "no trigger 7" in told.err)
