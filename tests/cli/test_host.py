"""The kept keys of hosts: listed as ssh-keygen prints them, and forgotten when a host was set up anew."""

import json
import subprocess
from pathlib import Path

from dragoman.store import known_hosts
from dragoman.store.sqlite import SqliteDb
from tests.cli.conftest import Dragoman
from tests.hosts.parts import make_key

JSON = ("--output", "json")


def met(tmp_path: Path) -> str:
    """The fingerprint of a host that was met on two ports."""
    make_key(str(tmp_path / "key"))
    key = " ".join((tmp_path / "key.pub").read_text().split()[:2])
    (tmp_path / "data").mkdir(mode=0o700)
    db = SqliteDb(str(tmp_path / "data" / "dragoman.db"))
    try:
        for port in (22, 2222):
            db.write_now(known_hosts.keep_host_key, "vm.example.org", port, key, at=1_700_000_000_000_000)
    finally:
        db.close()
    told = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "key.pub"], capture_output=True, text=True, check=True)
    return f"{key.split()[0]} {told.stdout.split()[1]}"


def test_a_host_that_was_set_up_anew_is_forgotten(dragoman: Dragoman, tmp_path: Path) -> None:
    """By its port too; the others stay."""
    fingerprint = met(tmp_path)
    host = {"host": "vm.example.org", "key": fingerprint, "met": "2023-11-14T22:13:20Z"}
    assert [{**host, "port": 22}, {**host, "port": 2222}] == json.loads(dragoman("host", "list", *JSON).out)
    assert 0 == dragoman("host", "forget", "vm.example.org").code
    assert [2222] == [one["port"] for one in json.loads(dragoman("host", "list", *JSON).out)]
    assert 0 == dragoman("host", "forget", "vm.example.org", "--port", "2222").code
    assert [] == json.loads(dragoman("host", "list", *JSON).out)


def test_a_host_that_was_never_met_is_not_forgotten(dragoman: Dragoman, tmp_path: Path) -> None:
    """It is told which are."""
    met(tmp_path)
    told = dragoman("host", "forget", "other.example.org")
    assert (1, "") == (told.code, told.out)
    assert "No key of other.example.org is kept for port 22. dragoman host list shows those that are." in told.err
