"""Reads a stopped service's SQLite file and data directory, and tells everything that no crash may ever cause.

It trusts nothing of the service but its tables: rows are read through a read-only connection, by plain SQL.
"""

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

from dragoman.core.states import FINAL, RUN_MOVES, WORKING, JobState, RunState, job_outcome

OUTPUT_KEY = re.compile(r"[0-9a-f]{24}-[0-9a-f]{40}")
"""What the blob of an output is called: the attempt that made it, and its path."""
LOG = "process_output.log"
MARK = "ran"
"""The file to which the body of each job appends one line."""

HISTORIES = "SELECT * FROM event WHERE kind = 'move' ORDER BY job_id, seq"
LEFT_WORK = """SELECT work.id, work.kind, run.id AS run, run.state FROM work LEFT JOIN run ON run.id = work.ref
               WHERE work.kind = 'run' AND (run.id IS NULL OR run.ended_at IS NOT NULL)"""
OUTPUTS = "SELECT * FROM file WHERE role = 'output' AND deleted_at IS NULL ORDER BY run_id, relative_path"


class Faulty(AssertionError):
    """The record has faults; the message names the first of them."""


def check(data: Path) -> None:
    """Return when the record of every job and run in the data directory is whole; raise Faulty otherwise."""
    if found := faults(data):
        shown = "\n  ".join(found[:25])
        raise Faulty(f"{len(found)} faults in {data}:\n  {shown}")


def faults(data: Path) -> list[str]:
    """Everything that is wrong, one line each."""
    path = data / "dragoman.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        found = [*_gaps(db), *_paths(db), *_job_paths(db), *_ends(db), *_left_work(db)]
        return [*found, *_outputs(db, data), *_left_directories(data)]


def _gaps(db: sqlite3.Connection) -> Iterator[str]:
    """A job's events are numbered 1, 2, 3 … up to what the job has counted."""
    counted = dict(db.execute("SELECT id, events FROM job").fetchall())
    rows = db.execute("SELECT job_id, seq FROM event ORDER BY job_id, seq").fetchall()
    numbers = {job: [seq for _, seq in mine] for job, mine in groupby(rows, key=lambda row: row[0])}
    for job in counted.keys() | numbers.keys():
        if numbers.get(job, []) != list(range(1, counted.get(job, 0) + 1)):
            yield f"job {job}: counted {counted.get(job)} events, numbered {numbers.get(job)}"


def _paths(db: sqlite3.Connection) -> Iterator[str]:
    """A run's events are one walk along legal moves, from its acceptance to one end; and there the run stands."""
    stands = {row["id"]: row for row in db.execute("SELECT * FROM run")}
    moved = [row for row in db.execute(HISTORIES) if row["run_id"] is not None]
    walks = {run: list(walk) for run, walk in groupby(sorted(moved, key=_by_run), key=lambda row: row["run_id"])}
    for run in stands.keys() | walks.keys():
        walk = [(row["was"], row["now"]) for row in walks.get(run, [])]
        told = " ".join(f"{was or '*'}>{now}" for was, now in walk)
        yield from (f"run {run}: {why} in {told}" for why in _walk_faults(walk))
        if run not in stands:
            yield f"run {run}: has events but is not there"
        elif not walk or stands[run]["state"] != walk[-1][1]:
            yield f"run {run}: stands at {stands[run]['state']} after {told}"


def _by_run(row: sqlite3.Row) -> tuple[int, int]:
    return row["run_id"], row["seq"]


def _walk_faults(walk: list[tuple[str, str]]) -> Iterator[str]:
    stands = ""
    for was, now in walk:
        if was != stands:
            yield f"{now} was reached from {was}, but the run stood at {stands or 'nothing'}"
        if not (now == RunState.ACCEPTED if not was else RunState(now) in RUN_MOVES[RunState(was)]):
            yield f"no move leads from {was or 'nothing'} to {now}"
        stands = now
    if stands not in FINAL:
        yield f"it never ended, but stands at {stands or 'nothing'}"
    if len([now for _, now in walk if now in FINAL]) > 1:
        yield "it ended more than once"
    forward = [move for move in walk if set(move) <= {*WORKING, *FINAL}]
    if len(set(forward)) != len(forward):
        yield "a move was made twice"


def _job_paths(db: sqlite3.Connection) -> Iterator[str]:
    """A job was opened once and ended once, or is a draft; its outcome is that of its runs."""
    rows = [row for row in db.execute(HISTORIES) if row["run_id"] is None]
    walks = {job: [(row["was"], row["now"]) for row in mine] for job, mine in groupby(rows, lambda row: row["job_id"])}
    whole = [(JobState.DRAFT, JobState.OPEN), (JobState.OPEN, JobState.ENDED)]
    for row in db.execute("SELECT * FROM job").fetchall():
        states = [RunState(run[0]) for run in db.execute("SELECT state FROM run WHERE job_id = ?", (row["id"],))]
        draft = row["state"] == JobState.DRAFT and not states
        if walks.get(row["id"], []) != ([] if draft else whole):
            yield f"job {row['id']}: its life was {walks.get(row['id'])}"
        if not draft and (len(states), row["runs_open"], row["outcome"]) != (row["runs"], 0, job_outcome(states)):
            yield f"job {row['id']}: {row['outcome']}, {row['runs_open']} of {row['runs']} runs open: {states}"


def _ends(db: sqlite3.Connection) -> Iterator[str]:
    """What has ended says when, and what has not does not."""
    for table, ended in (("run", tuple(FINAL)), ("job", (JobState.ENDED,))):
        for row in db.execute(f"SELECT id, state, ended_at FROM {table}"):
            if (row["state"] in ended) != (row["ended_at"] is not None):
                yield f"{table} {row['id']}: {row['state']} with the end {row['ended_at']}"


def _left_work(db: sqlite3.Connection) -> Iterator[str]:
    """Nothing is left to be done for a run that has ended."""
    for row in db.execute(LEFT_WORK):
        yield f"work {row['id']}: {row['kind']} of run {row['run']} ({row['state']}) is still to be done"


def _outputs(db: sqlite3.Connection, data: Path) -> Iterator[str]:
    """Every output is on disk, whole, once; no blob is without a row; and the outputs tell of exactly one start."""
    blobs = {entry.name: Path(entry.path) for shard in os.scandir(data / "blobs") for entry in os.scandir(shard)}
    rows = {run: list(mine) for run, mine in groupby(db.execute(OUTPUTS), key=lambda row: row["run_id"])}
    for row in db.execute("SELECT id, state, output_count, output_bytes FROM run"):
        mine = rows.pop(row["id"], [])
        if (row["output_count"], row["output_bytes"] or 0) != (len(mine), sum(one["size"] for one in mine)):
            yield f"run {row['id']}: {row['output_count']} outputs of {row['output_bytes']} bytes, {len(mine)} rows"
        if len({one["relative_path"] for one in mine}) != len(mine):
            yield f"run {row['id']}: an output has two rows"
        for one in mine:
            yield from _output_faults(one, blobs.pop(one["blob"], None), stopped=row["state"] == RunState.CANCELLED)
    yield from (f"run {run}: has outputs but is not there" for run in rows)
    yield from (f"blob {name}: no row tells of it" for name in blobs if OUTPUT_KEY.fullmatch(name))


def _output_faults(row: sqlite3.Row, blob: Path | None, *, stopped: bool) -> Iterator[str]:
    name = f"run {row['run_id']}: {row['relative_path']}"
    if blob is None:
        yield f"{name} has no blob"
        return
    content = blob.read_bytes()
    if (len(content), hashlib.sha512(content).hexdigest()) != (row["size"], row["sha512"]):
        yield f"{name} is not what was stored"
    told = {LOG: b"]: Launching ", MARK: b"\n"}.get(row["relative_path"])
    if told and (times := content.count(told)) != 1 and not (stopped and times == 0):
        yield f"{name} tells that the body was started {times} times"


def _left_directories(data: Path) -> Iterator[str]:
    """A run that has ended has no directory, and nothing is half received."""
    for folder in (data / "runs", data / "blobs" / "incoming"):
        yield from (f"{folder / name} was left" for name in (os.listdir(folder) if folder.is_dir() else ()))
