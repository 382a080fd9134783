"""Logs of nodes: files of their own kind, by job and run; the path of each says on which node it was written."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from dragoman.core.ports import Stored
from dragoman.core.things import File
from dragoman.core.uploads import LogQuery, RunLog, plugin_of
from dragoman.store import accounts, catalogue, files
from dragoman.store.tables import file

DOOR = "field-log"
"""Logs of nodes are files of no other door, and no uploads."""
ROLE, SUFFIX = "log", ".log"
_LETTERS = "_" * 6
"""In the pattern of names: whichever six characters a run's name ends with."""


def add_log(conn: Connection, *, job_id: int, vsn: str, run: str, stored: Stored, at: int) -> None:
    """Keep the log of a run. Raises Conflict when there is one."""
    owner_id = accounts.find_account(conn, name=catalogue.OWNER).id
    about: dict[str, Any] = {"alias": _place(job_id, run), "name": f"{run}{SUFFIX}", "job_id": job_id}
    path = f"{vsn}/{run}{SUFFIX}"
    files.add_file(conn, door=DOOR, **about, path=path, owner_id=owner_id, role=ROLE, stored=stored, at=at)


def find_log(conn: Connection, *, job_id: int, run: str) -> File | None:
    """The log of a run."""
    return files.find_file(conn, door=DOOR, alias=_place(job_id, run))


def list_logs(conn: Connection, job_id: int, query: LogQuery) -> list[RunLog]:
    """Logs of a job's runs, the last that came first."""
    mine: list[ColumnElement[bool]] = [file.c.job_id == job_id, file.c.door == DOOR]
    if query.node is not None:
        node = func.lower(file.c.relative_path)
        mine.append(node.startswith(f"{query.node.lower()}/", autoescape=True))
    if query.plugin is not None:
        escaped = query.plugin.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        mine.append(file.c.name.like(f"{escaped}-{_LETTERS}{SUFFIX}", escape="\\"))
    if query.before is not None:
        mine.append(file.c.id < query.before)
    rows = conn.execute(select(file).where(*mine).order_by(file.c.id.desc()).limit(query.most))
    return [_read(row) for row in rows]


def _read(row: Any) -> RunLog:
    node, _, name = row.relative_path.partition("/")
    run = name.removesuffix(SUFFIX)
    return RunLog(id=row.id, run=run, plugin=plugin_of(run), node=node, size=row.size, kept_at=row.created_at)


def _place(job_id: int, run: str) -> str:
    return f"{job_id}/{run}"
