"""Files: uploads and outputs, their lists, names and ends."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.ports import Stored
from dragoman.core.things import File, FileQuery, Page
from dragoman.store.accounts import is_granted
from dragoman.store.chunks import chunks
from dragoman.store.job_lists import may_see
from dragoman.store.rows import read_file
from dragoman.store.tables import file, job, job_input, run

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
_UPLOADS = (file.c.run_id.is_(None), file.c.deleted_at.is_(None))
_GET_MANY = select(file).where(file.c.id.in_(bindparam("ids", expanding=True)))


def add_file(
    conn: Connection,
    *,
    door: str,
    alias: str,
    owner_id: int,
    name: str,
    role: str,
    stored: Stored,
    at: int,
    path: str | None = None,
    job_id: int | None = None,
) -> File:
    """Keep an upload; ``path`` is its name, unless it is given. Raises Conflict when the alias is taken in its door."""
    row: dict[str, Any] = {
        "door": door,
        "alias": alias,
        "owner_id": owner_id,
        "name": name,
        "relative_path": path or name,
        "role": role,
        "size": stored.size,
        "md5": stored.md5,
        "sha512": stored.sha512,
        "blob": stored.key,
        "is_text": stored.is_text,
        "job_id": job_id,
        "created_at": at,
    }
    try:
        key = conn.execute(_ADD, row).scalar_one()
    except IntegrityError as error:
        raise Conflict(f"The id {alias} is taken.") from error
    return File(**row, id=key, run_id=None, deleted_at=None)


def uploaded_bytes(conn: Connection) -> dict[int, int]:
    """For each account that has any, the bytes of all its uploads that are not deleted. It looks at all files."""
    query = select(file.c.owner_id, func.sum(file.c.size)).where(*_UPLOADS)
    return {row[0]: int(row[1]) for row in conn.execute(query.group_by(file.c.owner_id))}


def bytes_of(conn: Connection, *, door: str, owner_id: int) -> int:
    """The same for one account at one door."""
    mine = (file.c.door == door, file.c.owner_id == owner_id, *_UPLOADS)
    return int(conn.execute(select(func.coalesce(func.sum(file.c.size), 0)).where(*mine)).scalar_one())


def find_file(conn: Connection, *, door: str, alias: str) -> File | None:
    """The file with this alias, also when it was deleted."""
    row = conn.execute(_FIND, {"door": door, "alias": alias}).first()
    return None if row is None else read_file(row)


def find_files(conn: Connection, *, door: str, aliases: Iterable[str]) -> dict[str, File]:
    """The files with these aliases, by alias; deleted ones too."""
    asked = ({"door": door, "aliases": some} for some in chunks(aliases))
    return {row.alias: read_file(row) for values in asked for row in conn.execute(_FIND_MANY, values)}


def known_blobs(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Those of these keys that a file has. It looks at all files."""
    asked = (select(file.c.blob).where(file.c.blob.in_(some)) for some in chunks(keys))
    return {key for query in asked for key in conn.execute(query).scalars()}


def places_of(conn: Connection, run_ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """For each run, its job's alias and its number in it: where its outputs belong."""
    asked = ({"run_ids": some} for some in chunks(run_ids))
    return {row.id: (row.alias, row.number) for values in asked for row in conn.execute(_PLACES, values)}


def get_files(conn: Connection, ids: Iterable[int]) -> dict[int, File]:
    """The files with these ids of ours, by id; deleted ones too."""
    return {row.id: read_file(row) for some in chunks(ids) for row in conn.execute(_GET_MANY, {"ids": some})}


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


def readable_files(conn: Connection, wanted: Collection[File], account_id: int) -> set[int]:
    """The ids of those files that an account may read: its own, what was shared with it, and all of jobs it may see."""
    others = [one.id for one in wanted if one.owner_id != account_id]
    mine = {one.id for one in wanted if one.owner_id == account_id}
    if not others:
        return mine
    output_of = exists().where(job.c.id == file.c.job_id, may_see(account_id))
    named = (job_input.c.file_id == file.c.id) & (job_input.c.job_id == job.c.id)
    allowed = or_(is_granted("file", file.c.id, account_id), output_of, exists().where(named, may_see(account_id)))
    asked = (select(file.c.id).where(file.c.id.in_(some), allowed) for some in chunks(others))
    return mine.union(*(conn.execute(query).scalars() for query in asked))


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


def old_files(
    conn: Connection, *, door: str, owner_id: int, before: int, after: int, most: int
) -> tuple[list[int], int | None]:
    """Looks at so many of an owner's files of a door, from the id ``after`` on.

    The ids of those that are older than that, deleted ones too, and the last id looked at; None: there are no more.
    """
    mine = (file.c.door == door, file.c.owner_id == owner_id, file.c.id > after)
    rows = conn.execute(select(file.c.id, file.c.created_at).where(*mine).order_by(file.c.id).limit(most)).all()
    return [row.id for row in rows if row.created_at < before], rows[-1].id if rows else None


def delete_files(conn: Connection, ids: Iterable[int], *, at: int) -> list[str]:
    """Mark files as deleted; returns the blob keys that are to be swept."""
    keys: list[str] = []
    for some in chunks(ids):
        alive = (file.c.id.in_(some)) & file.c.deleted_at.is_(None)
        keys += conn.execute(select(file.c.blob).where(alive)).scalars()
        conn.execute(update(file).where(alive).values(deleted_at=at))
    return keys


def remove_files(conn: Connection, ids: Iterable[int]) -> list[str]:
    """Forget files to which nothing refers; returns the blob keys that are to be swept."""
    keys: list[str] = []
    for some in chunks(ids):
        keys += conn.execute(delete(file).where(file.c.id.in_(some)).returning(file.c.blob)).scalars()
    return keys
