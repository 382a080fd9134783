"""Who may do what on which thing: grants to accounts by name, and shares with accounts or with everybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, delete, insert, literal, or_, select
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.things import Verb
from dragoman.store.chunks import chunks
from dragoman.store.tables import account, grants

_LIST = (
    select(grants, account.c.name)
    .outerjoin(account, account.c.id == grants.c.account_id)
    .where(grants.c.kind == bindparam("kind"), grants.c.ref.in_(bindparam("refs", expanding=True)))
    .order_by(grants.c.id)
)
_READS = (Verb.READ.value, Verb.CHANGE.value, Verb.SHARE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One verb on one thing."""

    account_id: int | None
    """None: everybody's."""
    name: str
    verb: Verb
    path: str
    created_at: int


def may_read(things: Table, account_id: int) -> ColumnElement[bool]:
    """What registered.Rights.allow says of READ, for who is no admin, as a part of a query about systems or apps.

    Of apps: where each version is one of its own, to which grants refer.
    """
    own = and_(grants.c.account_id == account_id, grants.c.verb.in_(_READS))
    everybodys = and_(grants.c.account_id.is_(None), grants.c.verb == Verb.SHARE.value)
    fits = (grants.c.kind == things.name, grants.c.ref == things.c.id, or_(own, everybodys))
    return or_(things.c.owner_id == account_id, select(literal(1)).where(*fits).correlate(things).exists())


def list_grants(conn: Connection, *, kind: str, refs: Sequence[int]) -> dict[int, list[Grant]]:
    """What was granted on each of these things, in the order of granting."""
    found: dict[int, list[Grant]] = {ref: [] for ref in refs}
    for some in chunks(refs):
        for row in conn.execute(_LIST, {"kind": kind, "refs": some}):
            found[row.ref].append(_read(row))
    return found


def _read(row: Any) -> Grant:
    return Grant(
        account_id=row.account_id, name=row.name or "", verb=Verb(row.verb), path=row.path, created_at=row.created_at
    )


def give(conn: Connection, *, kind: str, ref: int, account_id: int | None, verb: str, path: str = "", at: int) -> bool:
    """Grant a verb to an account, or to everybody; False when it was granted already."""
    here = _which(kind, ref, account_id, path)
    if conn.execute(select(grants.c.id).where(*here, grants.c.verb == verb)).first():
        return False
    row: dict[str, Any] = {"kind": kind, "ref": ref, "account_id": account_id, "verb": verb, "path": path}
    try:
        conn.execute(insert(grants).values(**row, created_at=at))
    except IntegrityError as error:
        raise Conflict("Somebody else has granted the same just now.") from error
    return True


def take(conn: Connection, *, kind: str, ref: int, account_id: int | None, verbs: Iterable[str], path: str = "") -> int:
    """Take verbs back; how many there were."""
    here = _which(kind, ref, account_id, path)
    return conn.execute(delete(grants).where(*here, grants.c.verb.in_(list(verbs)))).rowcount


def _which(kind: str, ref: int, account_id: int | None, path: str) -> list[ColumnElement[bool]]:
    # ``== None`` becomes IS NULL here.
    return [grants.c.kind == kind, grants.c.ref == ref, grants.c.account_id == account_id, grants.c.path == path]
