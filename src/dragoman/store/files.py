"""Files: uploads and outputs, their lists, names and ends."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.ports import Stored
from dragoman.core.things import File, FileQuery, Page
from dragoman.store.accounts import refs_granted
from dragoman.store.rows import read_file
from dragoman.store.tables import file, job, run

_FIND = select(file).where(file.c.door == bindparam("door"), file.c.alias == bindparam("alias"))
_FIND_MANY = select(file).where(
    file.c.door == bindparam("door"), file.c.alias.in_(bindparam("aliases", expanding=True))
)
_ADD = insert(file).returning(file.c.id)
_PLACES = (
    select(run.c.id, run.c.number, job.c.alias)
    .join(job, job.c.id == run.c.job_id)
    .where(run.c.id.in_(bindparam("run_ids", expanding=True)))
)
_GET_MANY = select(file).where(file.c.id.in_(bindparam("ids", expanding=True)))


def add_file(
    conn: Connection, *, door: str, alias: str, owner_id: int, name: str, role: str, stored: Stored, at: int
) -> File:
    """Keep an upload. Raises Conflict when the alias is taken in its door."""
    row: dict[str, Any] = {
        "door": door,
        "alias": alias,
        "owner_id": owner_id,
        "name": name,
        "relative_path": name,
        "role": role,
        "size": stored.size,
        "md5": stored.md5,
        "sha512": stored.sha512,
        "blob": stored.key,
        "is_text": stored.is_text,
        "created_at": at,
    }
    try:
        key = conn.execute(_ADD, row).scalar_one()
    except IntegrityError as error:
        raise Conflict(f"The id {alias} is taken.") from error
    return File(**row, id=key, job_id=None, run_id=None, deleted_at=None)


def find_file(conn: Connection, *, door: str, alias: str) -> File | None:
    """The file with this alias, also when it was deleted."""
    row = conn.execute(_FIND, {"door": door, "alias": alias}).first()
    return None if row is None else read_file(row)


def find_files(conn: Connection, *, door: str, aliases: list[str]) -> dict[str, File]:
    """The files with these aliases, by alias; deleted ones too."""
    if not aliases:
        return {}
    rows = conn.execute(_FIND_MANY, {"door": door, "aliases": aliases})
    return {row.alias: read_file(row) for row in rows}


def places_of(conn: Connection, run_ids: set[int]) -> dict[int, tuple[str, int]]:
    """For each run, its job's alias and its number in it: where its outputs belong."""
    if not run_ids:
        return {}
    rows = conn.execute(_PLACES, {"run_ids": sorted(run_ids)})
    return {row.id: (row.alias, row.number) for row in rows}


def get_files(conn: Connection, ids: list[int]) -> dict[int, File]:
    """The files with these ids of ours, by id; deleted ones too."""
    if not ids:
        return {}
    return {row.id: read_file(row) for row in conn.execute(_GET_MANY, {"ids": ids})}


def list_files(conn: Connection, *, account_id: int, door: str, query: FileQuery, page: Page) -> tuple[int, list[File]]:
    """An account's own files, newest first: how many, and one page of them."""
    where = [file.c.door == door, file.c.owner_id == account_id, file.c.deleted_at.is_(None)]
    if query.search:
        where.append(file.c.name.icontains(query.search, autoescape=True))
    if query.roles:
        where.append(file.c.role.in_(query.roles))
    count = conn.execute(select(func.count()).select_from(file).where(*where)).scalar_one()
    rows = conn.execute(select(file).where(*where).order_by(file.c.id.desc()).limit(page.limit).offset(page.offset))
    return count, [read_file(row) for row in rows]


def list_outputs(conn: Connection, *, job_id: int, query: FileQuery, page: Page) -> tuple[int, list[File]]:
    """A job's outputs by run and by path in any letter case: how many, and one page of them."""
    where: list[ColumnElement[bool]] = [file.c.job_id == job_id, file.c.deleted_at.is_(None)]
    if query.search:
        where.append(file.c.relative_path.icontains(query.search, autoescape=True))
    if query.run_number is not None:
        number = select(run.c.id).where(run.c.job_id == job_id, run.c.number == query.run_number)
        where.append(file.c.run_id.in_(number))
    count = conn.execute(select(func.count()).select_from(file).where(*where)).scalar_one()
    order = (file.c.run_id, func.lower(file.c.relative_path), file.c.relative_path)
    rows = conn.execute(select(file).where(*where).order_by(*order).limit(page.limit).offset(page.offset))
    return count, [read_file(row) for row in rows]


def may_read_file(conn: Connection, wanted: File, account_id: int) -> bool:
    """Whether an account owns the file, or the file or its job was shared with it."""
    if wanted.owner_id == account_id:
        return True
    shared = refs_granted(conn, account_id=account_id, kind="file")
    return wanted.id in shared or (
        wanted.job_id is not None and wanted.job_id in refs_granted(conn, account_id=account_id, kind="job")
    )


def change_file(conn: Connection, wanted: File, *, name: str | None, role: str | None) -> None:
    """Give a file another name (its relative path follows) or another role."""
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = name
        parent = wanted.relative_path.rpartition("/")[0]
        values["relative_path"] = f"{parent}/{name}" if parent else name
    if role is not None:
        values["role"] = role
    if values:
        conn.execute(update(file).where(file.c.id == wanted.id).values(values))


def delete_files(conn: Connection, ids: list[int], *, at: int) -> list[str]:
    """Mark files as deleted; returns the blob keys that are to be swept."""
    alive = (file.c.id.in_(ids)) & file.c.deleted_at.is_(None)
    keys = list(conn.execute(select(file.c.blob).where(alive)).scalars())
    conn.execute(update(file).where(alive).values(deleted_at=at))
    return keys
