"""Many live jobs, cheaply: one is real, and the others are copies of it in the database of a stopped service."""

import json
import os
import pwd
import secrets
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from dragoman.store import tables
from dragoman.store.sqlite import SqliteDb

SOME = 500
Handles = Callable[[Sequence[str]], Sequence[Mapping[str, Any]]]
"""For the tokens of new runs, what their scheduler has noted of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The rows of a live job with one run."""

    job: Mapping[str, Any]
    run: Mapping[str, Any]
    work: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]


def copy_jobs(data: Path, alias: str, count: int, handles: Handles) -> list[Mapping[str, Any]]:
    """Give the owner of a live job ``count`` more like it, each under an id and a token of its own; their handles."""
    db = SqliteDb(str(data / "dragoman.db"))
    try:
        model = db.write_now(_model, alias)
        made: list[Mapping[str, Any]] = []
        while len(made) < count:
            names = [f"{uuid.uuid4()}-007" for _ in range(min(SOME, count - len(made)))]
            tokens = [secrets.token_hex(12) for _ in names]
            noted = [
                {**_renamed(model.run["handle"], alias, name), **more}
                for name, more in zip(names, handles(tokens), strict=True)
            ]
            for name, token, handle in zip(names, tokens, noted, strict=True):
                db.write_now(_add, model, alias, name, token, handle)
            made += [{**handle, "token": token} for token, handle in zip(tokens, noted, strict=True)]
    finally:
        db.close()
    return made


def _model(conn: Connection, alias: str) -> Model:
    (job,) = _rows(conn, tables.job, alias=alias)
    (run,) = _rows(conn, tables.run, job_id=job["id"])
    (work,) = _rows(conn, tables.work, kind="run", ref=run["id"])
    return Model(job=job, run=run, work=work, events=_rows(conn, tables.event, job_id=job["id"]))


def _rows(conn: Connection, table: Table, **values: Any) -> list[dict[str, Any]]:
    fits = (table.c[name] == value for name, value in values.items())
    return [dict(row) for row in conn.execute(select(table).where(*fits)).mappings()]


def _add(conn: Connection, model: Model, alias: str, name: str, token: str, handle: Mapping[str, Any]) -> None:
    texts = {column: _renamed(model.job[column], alias, name) for column in ("workload", "letter", "notes")}
    job = _insert(conn, tables.job, _new(model.job, alias=name, **texts))
    run = _insert(conn, tables.run, _new(model.run, job_id=job, token=token, handle=handle))
    _insert(conn, tables.work, _new(model.work, ref=run))
    events = [_new(one, job_id=job, run_id=one["run_id"] and run) for one in model.events]
    conn.execute(insert(tables.event), events)


def _insert(conn: Connection, table: Table, row: Mapping[str, Any]) -> int:
    key: int = conn.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()
    return key


def _new(row: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {**{key: value for key, value in row.items() if key != "id"}, **values}


def _renamed(value: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(value).replace(old, new))


def copy_directories(model: str, old_token: str, owner: str, copies: Sequence[Mapping[str, Any]]) -> None:
    """Make the run directory of each copy on the host, with its guard; the model's own process stands for all."""
    account = pwd.getpwnam(owner)
    for one in copies:
        guard = f"{one['directory']}/.started-{one['token']}"
        os.makedirs(one["directory"])
        shutil.copytree(f"{model}/.started-{old_token}", guard)
        for path in (one["directory"], guard, *(f"{guard}/{name}" for name in os.listdir(guard))):
            os.chown(path, account.pw_uid, account.pw_gid)
