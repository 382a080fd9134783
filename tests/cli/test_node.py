"""Nodes from the command line: registered with a manifest or without, opened to people, given another token."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dragoman.blobs import LocalBlobs
from dragoman.core.field import FieldDraft
from dragoman.core.ports import Stored
from dragoman.store import accounts, catalogue, field_jobs, nodes, run_logs
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.tokens import digest
from tests.cli.conftest import Dragoman

JSON = ("--output", "json")
ADA = ("account", "add", "ada", "--email", "ada@example.com", "--password", "secret")


def holder(data: Path, secret: str) -> str | None:
    """The node whose token this is."""
    db = SqliteDb(str(data / "dragoman.db"))
    try:
        found = db.write_now(nodes.find_by_key, digest(secret))
    finally:
        db.close()
    return None if found is None else found.vsn


def test_a_node_is_added_with_its_token(dragoman: Dragoman, tmp_path: Path) -> None:
    """Shown once; without a manifest it runs both usual architectures and has two simulated cameras."""
    dragoman(*ADA)
    told = dragoman("node", "add", "W023", "--allow", "ada", *JSON)
    assert (0, "W023") == (told.code, json.loads(told.out)["vsn"])
    assert "W023" == holder(tmp_path / "data", json.loads(told.out)["token"])
    shown = json.loads(dragoman("node", "show", "w023", *JSON).out)
    assert {"develop": [], "files": ["ada"], "schedule": ["ada"]} == shown["allowed"]
    assert ["amd64", "arm64"] == shown["manifest"]["computes"][0]["hardware"]["capabilities"]
    assert ["bottom", "bottom_camera"] == [sensor["name"] for sensor in shown["manifest"]["sensors"]]


def test_a_new_token_is_the_end_of_the_old_one(dragoman: Dragoman, tmp_path: Path) -> None:
    """A lost one is worth nothing after that."""
    old = json.loads(dragoman("node", "add", "W023", *JSON).out)["token"]
    new = json.loads(dragoman("node", "token", "W023", *JSON).out)["token"]
    assert (None, "W023") == (holder(tmp_path / "data", old), holder(tmp_path / "data", new))


def test_people_are_allowed_and_denied(dragoman: Dragoman) -> None:
    """One by one, and to what they need."""
    dragoman(*ADA)
    dragoman("node", "add", "W023")
    dragoman("node", "allow", "W023", "ada", "--to", "schedule")
    assert ["ada"] == json.loads(dragoman("node", "show", "W023", *JSON).out)["allowed"]["schedule"]
    assert 1 == json.loads(dragoman("node", "deny", "W023", "ada", *JSON).out)["taken"]
    assert "" == json.loads(dragoman("node", "list", *JSON).out)[0]["schedule"]
    assert 0 == dragoman("node", "remove", "W023").code
    assert [] == json.loads(dragoman("node", "list", *JSON).out)


def test_a_manifest_is_checked_and_kept_whole(dragoman: Dragoman, tmp_path: Path) -> None:
    """Keys that nobody here knows stay; what readers expect is filled in."""
    manifest = {"name": "000048b02d15bc7c", "tags": ["rain"], "computes": [], "elevation": 210}
    (tmp_path / "W023.json").write_text(json.dumps(manifest))
    assert 0 == dragoman("node", "add", "W023", "--manifest", "W023.json").code
    kept = json.loads(dragoman("node", "show", "W023", *JSON).out)["manifest"]
    assert ("000048b02d15bc7c", ["rain"], 210, "Deployed") == (
        kept["name"],
        kept["tags"],
        kept["elevation"],
        kept["phase"],
    )


@pytest.mark.parametrize(
    ("manifest", "names"),
    [
        ("[]", "one object"),
        ("{", "is not JSON"),
        ('{"vsn": "W024"}', "manifest.vsn"),
        ('{"tags": "rain"}', "manifest.tags"),
        ('{"computes": [{}]}', "manifest.computes.0.name"),
        ('{"sensors": [{"name": "a", "hardware": {"capabilities": 1}}]}', "manifest.sensors.0.hardware.capabilities"),
        ('{"name": "not hex"}', "hex digits"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_manifest_is_refused(dragoman: Dragoman, tmp_path: Path, manifest: str, names: str) -> None:
    """With the place that is wrong, and no node is added."""
    dragoman(*ADA)
    (tmp_path / "bad.json").write_text(manifest)
    told = dragoman("node", "add", "W023", "--manifest", "bad.json")
    assert 1 == told.code
    assert names in told.err
    assert [] == json.loads(dragoman("node", "list", *JSON).out)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("add", "W 23"), "vsn"),
        (("add", "W023"), "There is a node W023 already"),
        (("add", "W023", "--allow", "ada"), "`dragoman node allow` opens it to people"),
        (("add", "w023"), "There is a node w023 already"),
        (("add", "W024", "--allow", "nobody"), "There is no account nobody"),
        (("show", "W099"), "There is no node W099"),
        (("deny", "W023", "nobody"), "There is no account nobody"),
    ],
)
def test_what_cannot_be_done_is_refused(dragoman: Dragoman, words: tuple[str, ...], names: str) -> None:
    """Exit code 1, what is wrong on the other channel, and nothing half done."""
    dragoman("node", "add", "W023")
    told = dragoman("node", *words)
    assert (1, True) == (told.code, names in told.err)
    assert ["W023"] == [node["vsn"] for node in json.loads(dragoman("node", "list", *JSON).out)]


def keep_log(data: Path, run: str, content: bytes) -> str:
    """Have the log of a run of a job on a node; the job's id."""
    blobs = LocalBlobs(str(data / "blobs"))

    async def store() -> Stored:
        writer = blobs.writer()
        await writer.write(content)
        return await writer.commit()

    def work(conn: Connection, stored: Stored) -> str:
        accounts.add_account(conn, name=catalogue.OWNER, email="x@localhost", password_hash="", is_admin=False, at=0)
        owner = accounts.find_account(conn, name="ada")
        draft = FieldDraft(door="sage", name="n", letter="", notes={})
        job = field_jobs.add_field_job(conn, draft, owner_id=owner.id, at=0)
        run_logs.add_log(conn, job_id=job.id, vsn="W023", run=run, stored=stored, at=1_796_040_000_000_000)
        return job.alias

    db = SqliteDb(str(data / "dragoman.db"))
    try:
        return db.write_now(work, asyncio.run(store()))
    finally:
        db.close()


def test_what_plugins_wrote_is_found_by_their_job(dragoman: Dragoman, tmp_path: Path) -> None:
    """A list, and one of them as it stands."""
    dragoman(*ADA)
    job = keep_log(tmp_path / "data", "rain-abc123", b"[3.5 mm]\nthat is much\n")
    expected = {"run": "rain-abc123", "plugin": "rain", "node": "W023", "bytes": 22, "kept": "2026-11-30T12:00:00Z"}
    assert [expected] == json.loads(dragoman("node", "logs", job, *JSON).out)
    assert [] == json.loads(dragoman("node", "logs", job, "--node", "W024", *JSON).out)
    assert [expected] == json.loads(dragoman("node", "logs", job, "--plugin", "rain", "--node", "w023", *JSON).out)
    assert "[3.5 mm]\nthat is much\n" == dragoman("node", "logs", job, "rain-abc123").out


def test_logs_that_are_not_there(dragoman: Dragoman, tmp_path: Path) -> None:
    """Neither of a job that nobody submitted, nor of a run that wrote nothing."""
    dragoman(*ADA)
    job = keep_log(tmp_path / "data", "rain-abc123", b"x")
    told = dragoman("node", "logs", "99")
    assert (1, True) == (told.code, "There is no job 99 on nodes." in told.err)
    assert "There is no log of rain-zzz999." in dragoman("node", "logs", job, "rain-zzz999").err
