"""The checker of records finds each fault that it is there for; a checker that finds nothing would prove nothing."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha512
from pathlib import Path

import pytest
from sqlalchemy import Connection

from dragoman.core.work import NewFile
from dragoman.store import moves, queue
from dragoman.store.sqlite import SqliteDb
from tests.chaos.history import LOG, MARK, Faulty, check
from tests.store.things import SECOND, T0, add_account, add_job, next_step, open_job

CONTENT = {LOG: b"[2023-09-26T13:41:17Z]: Launching true\n", MARK: b"ran\n"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The record of a draft and of two jobs that ended well, with their outputs."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "blobs" / "incoming").mkdir(parents=True)
    (tmp_path / "blobs" / "00").mkdir()
    db = SqliteDb(str(tmp_path / "dragoman.db"))
    for alias in ("AAAAAA", "BBBBBB"):
        db.write_now(_live, alias, tmp_path / "blobs" / "00")
    db.write_now(lambda conn: add_job(conn, add_account(conn, "grace"), "CCCCCC"))
    db.close()
    return tmp_path


def _live(conn: Connection, alias: str, shard: Path) -> None:
    """A job's whole life, with its outputs in the last commit."""
    job = open_job(conn, alias=alias)
    (claim,) = queue.claim(conn, owner="w", at=T0, lease=SECOND, most=1).claims
    while (run := moves.get_run(conn, claim.ref)) and run.ended_at is None:
        step = replace(next_step(run, T0), keep_lease=True)
        if run.state == "STAGING_OUT":
            files = tuple(_output(alias, job.id, name, shard) for name in CONTENT)
            patch = {"output_count": len(files), "output_bytes": sum(file.size for file in files)}
            step = replace(step, files=files, patch=patch, keep_lease=False)
        assert moves.apply(conn, claim, step, was=run, of=job, at=T0)


def _output(alias: str, job_id: int, name: str, shard: Path) -> NewFile:
    content, key = CONTENT[name], f"{job_id:024x}-{len(name):040x}"
    (shard / key).write_bytes(content)
    digest = sha512(content).hexdigest()
    return NewFile(
        alias=alias[0] + name, name=name, relative_path=name, size=len(content), md5="", sha512=digest, blob=key,
        is_text=True,
    )  # fmt: skip


def sql(*statements: str) -> Callable[[Path], None]:
    """A fault that is planted in the database."""

    def plant(data: Path) -> None:
        with closing(sqlite3.connect(data / "dragoman.db")) as db, db:
            for statement in statements:
                db.execute(statement)

    return plant


def blob(content: bytes) -> Callable[[Path], None]:
    """A fault that is planted in the blob of a marked file; its row agrees with it."""

    def plant(data: Path) -> None:
        path = next(path for path in (data / "blobs" / "00").iterdir() if path.name.endswith(f"{len(MARK):x}"))
        path.write_bytes(content)
        size, digest = len(content), sha512(content).hexdigest()
        sql(
            f"UPDATE file SET size = {size}, sha512 = '{digest}' WHERE blob = '{path.name}'",
            f"UPDATE run SET output_bytes = {size + len(CONTENT[LOG])} WHERE id = {int(path.name[:24], 16)}",
        )(data)

    return plant


def lost_blob(data: Path) -> None:
    """A fault: the bytes of an output are gone."""
    next((data / "blobs" / "00").iterdir()).unlink()


def stray_blob(data: Path) -> None:
    """A fault: an output was stored, and no row tells of it."""
    (data / "blobs" / "00" / ("f" * 24 + "-" + "f" * 40)).write_bytes(b"")


LAST = "(SELECT max(seq) FROM event WHERE job_id = 1)"
COPY = "INSERT INTO event (job_id, seq, run_id, at, kind, was, now, cause, reason) SELECT job_id, {seq}, run_id, at, kind, {was}, {now}, cause, reason FROM event WHERE job_id = 1 AND now = '{which}'"  # noqa: E501
COUNT = "UPDATE job SET events = events + 1 WHERE id = 1"

FAULTS = {
    "a duplicate event": (
        sql(COPY.format(seq=f"{LAST} + 1", was="was", now="now", which="RUNNING"), COUNT),
        "a move was made twice",
    ),
    "a gap": (sql("DELETE FROM event WHERE job_id = 1 AND now = 'QUEUED'"), r"numbered \[1, 2, 3, 4, 5, 7"),
    "an event too many": (
        sql(COPY.format(seq=f"{LAST} + 1", was="was", now="now", which="RUNNING")),
        "counted 10 events",
    ),
    "an illegal move": (
        sql("UPDATE event SET was = 'PLANNING' WHERE job_id = 1 AND now = 'RUNNING'"),
        "no move leads from PLANNING to RUNNING",
    ),
    "two ends": (
        sql(COPY.format(seq=f"{LAST} + 1", was="'STAGING_OUT'", now="'FAILED'", which="FINISHED"), COUNT),
        "it ended more than once",
    ),
    "a run that never ended": (
        sql("DELETE FROM event WHERE job_id = 1 AND now = 'FINISHED'"),
        "it never ended, but stands at STAGING_OUT",
    ),
    "a state beside its history": (
        sql("UPDATE run SET state = 'FAILED' WHERE id = 1"),
        "run 1: stands at FAILED after",
    ),
    "a job that ended twice": (
        sql(COPY.format(seq=f"{LAST} + 1", was="was", now="now", which="ENDED"), COUNT),
        "job 1: its life was",
    ),
    "an outcome of its own": (sql("UPDATE job SET outcome = 'FAILED' WHERE id = 1"), "job 1: FAILED, 0 of 1"),
    "an open run": (sql("UPDATE job SET runs_open = 1 WHERE id = 1"), "1 of 1 runs open"),
    "an end without a time": (sql("UPDATE run SET ended_at = NULL WHERE id = 1"), "with the end None"),
    "work for an ended run": (
        sql(
            "INSERT INTO work (kind, ref, turn, due_at, lease_owner, lease_until, fence, attempt, last_error, note)"
            " VALUES ('run', 1, 0, 0, '', 0, 0, 0, '', '{}')"
        ),
        r"run of run 1 \(FINISHED\) is still to be done",
    ),
    "an output with two rows": (
        sql(
            "INSERT INTO file (door, alias, owner_id, name, relative_path, role, size, md5, sha512, blob, is_text,"
            " job_id, run_id, created_at) SELECT door, 'again', owner_id, name, relative_path, role, size, md5, sha512,"
            " blob, is_text, job_id, run_id, created_at FROM file WHERE id = 1"
        ),
        "an output has two rows",
    ),
    "an output without a row": (sql("DELETE FROM file WHERE id = 1"), "2 outputs of 43 bytes, 1 rows"),
    "an output without its bytes": (lost_blob, "has no blob"),
    "bytes without a row": (stray_blob, "no row tells of it"),
    "a body that ran twice": (blob(b"ran\nran\n"), "started 2 times"),
    "a body that did not run": (blob(b""), "started 0 times"),
    "a run directory": (lambda data: (data / "runs" / "1").mkdir(), "runs/1 was left"),
}


def test_a_whole_record_has_no_fault(data: Path) -> None:
    """Two jobs that ended and a draft pass."""
    check(data)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(data: Path, fault: str) -> None:
    """Each fault alone makes the check fail, and is named."""
    plant, told = FAULTS[fault]
    plant(data)
    with pytest.raises(Faulty, match=told):
        check(data)
