"""Accounts, tokens and grants."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, or_, select, update

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.things import Account, Identity, Page
from dragoman.store.chunks import chunks
from dragoman.store.rows import read_account
from dragoman.store.tables import account, grants, job, run, token

_BY_IDS = select(account).where(account.c.id.in_(bindparam("ids", expanding=True)))
_BY_DIGEST = (
    select(account)
    .join(token, token.c.account_id == account.c.id)
    .where(
        token.c.digest == bindparam("digest"), or_(token.c.expires_at.is_(None), token.c.expires_at > bindparam("at"))
    )
)
_BY_RUN = (
    select(account, job.c.id.label("job"))
    .join(job, job.c.owner_id == account.c.id)
    .join(run, run.c.job_id == job.c.id)
    .where(run.c.key_digest == bindparam("digest"), run.c.ended_at.is_(None), account.c.password_hash != "")
)
_SHARED = (
    select(grants.c.ref, account.c.email)
    .join(account, account.c.id == grants.c.account_id)
    .where(grants.c.kind == bindparam("kind"), grants.c.ref.in_(bindparam("refs", expanding=True)))
    .order_by(grants.c.id)
)


def add_account(conn: Connection, *, name: str, email: str, password_hash: str, is_admin: bool, at: int) -> Account:
    """Add an account. Raises Conflict when the name or the e-mail address is taken (letter case does not matter)."""
    taken = select(account.c.name).where(
        or_(func.lower(account.c.name) == name.lower(), func.lower(account.c.email) == email.lower())
    )
    if conn.execute(taken).first():
        raise Conflict(
            f"An account named {name} or with the address {email} is there already.",
            hint="`dragoman account change` gives it another password or address.",
        )
    row = {"name": name, "email": email, "password_hash": password_hash, "is_admin": is_admin, "created_at": at}
    key = conn.execute(insert(account).values(row).returning(account.c.id)).scalar_one()
    return Account(id=key, name=name, email=email, is_admin=is_admin)


def change_account(
    conn: Connection, account_id: int, *, email: str | None, password_hash: str | None, is_admin: bool | None
) -> None:
    """Give an account what is not None. Raises Conflict when the address is somebody else's, in any letter case."""
    others = select(account.c.id).where(account.c.id != account_id)
    if email is not None and conn.execute(others.where(func.lower(account.c.email) == email.lower())).first():
        raise Conflict(f"An account with the address {email} is there already.")
    given = {"email": email, "password_hash": password_hash, "is_admin": is_admin}
    values = {key: value for key, value in given.items() if value is not None}
    conn.execute(update(account).where(account.c.id == account_id).values(values))


def find_account(conn: Connection, *, name: str = "", email: str = "") -> Account:
    """The account of that name, or of that e-mail address in any letter case. Raises NotFound."""
    which = account.c.name == name if name else func.lower(account.c.email) == email.lower()
    row = conn.execute(select(account).where(which)).first()
    if row is None:
        raise NotFound(f"There is no account {name or email}.")
    return read_account(row)


def find_accounts(conn: Connection, ids: Iterable[int]) -> dict[int, Account]:
    """The accounts with these ids, by id."""
    return {row.id: read_account(row) for some in chunks(ids) for row in conn.execute(_BY_IDS, {"ids": some})}


def hold_account(conn: Connection, account_id: int) -> None:
    """Have others that hold the same account wait until this transaction ends."""
    conn.execute(select(account.c.id).where(account.c.id == account_id).with_for_update())


def find_login(conn: Connection, *, name: str) -> tuple[Account, str]:
    """Somebody who can log in with a password, and its hash. Raises NotFound."""
    row = conn.execute(select(account).where(account.c.name == name, account.c.password_hash != "")).first()
    if row is None:
        raise NotFound(f"There is no account {name}.")
    return read_account(row), row.password_hash


def list_logins(
    conn: Connection, *, page: Page, name: str = "", email: str = "", parts: Sequence[str] = ()
) -> list[Account]:
    """A page of those who can log in with a password, by name.

    Only who has that ``name``, that ``email`` in any letter case, and all ``parts``, too, in their name.
    """
    found = select(account).where(account.c.password_hash != "").order_by(account.c.name)
    if name:
        found = found.where(account.c.name == name)
    if email:
        found = found.where(func.lower(account.c.email) == email.lower())
    found = found.where(*(account.c.name.icontains(part, autoescape=True) for part in parts))
    return [read_account(row) for row in conn.execute(found.limit(page.limit).offset(page.offset))]


def add_token(
    conn: Connection, *, account_id: int, digest: str, label: str, at: int, expires_at: int | None = None
) -> None:
    """Keep a token's digest; doing it again changes nothing."""
    if conn.execute(select(token.c.id).where(token.c.digest == digest)).first():
        return
    row = {"account_id": account_id, "digest": digest, "label": label, "created_at": at, "expires_at": expires_at}
    conn.execute(insert(token).values(row))


def is_name(conn: Connection, name: str) -> bool:
    """Whether there is an account of that name."""
    return conn.execute(select(account.c.id).where(account.c.name == name)).first() is not None


def remove_tokens(conn: Connection, *, account_id: int, label: str) -> int:
    """Forget the tokens that were made for an account under a label; how many there were."""
    those = (token.c.account_id == account_id, token.c.label == label, token.c.nonce.is_(None))
    return conn.execute(delete(token).where(*those)).rowcount


def labels(conn: Connection, account_id: int) -> list[str]:
    """The labels under which tokens were made for an account."""
    those = (token.c.account_id == account_id, token.c.nonce.is_(None))
    return sorted(set(conn.execute(select(token.c.label).where(*those)).scalars()))


def own_token(conn: Connection, account_id: int) -> tuple[str, str] | None:
    """The nonce and the digest of the account's own token; None when it has none."""
    row = conn.execute(
        select(token.c.nonce, token.c.digest).where(token.c.account_id == account_id, token.c.nonce.is_not(None))
    ).first()
    return None if row is None else (row.nonce, row.digest)


def put_own_token(conn: Connection, account_id: int, *, nonce: str, digest: str, lost: str, at: int) -> str:
    """Give an account that has none, or one with the digest ``lost``, an own token; the nonce of what it has now.

    That is another one where somebody was faster.
    """
    conn.execute(select(account.c.id).where(account.c.id == account_id).with_for_update())
    there = own_token(conn, account_id)
    if there is not None and there[1] != lost:
        return there[0]
    drop_own_token(conn, account_id)
    row = {"account_id": account_id, "digest": digest, "label": "own", "nonce": nonce, "created_at": at}
    conn.execute(insert(token).values(row))
    return nonce


def drop_own_token(conn: Connection, account_id: int) -> str | None:
    """Forget the account's own token; its digest, None when there was none."""
    there = own_token(conn, account_id)
    conn.execute(delete(token).where(token.c.account_id == account_id, token.c.nonce.is_not(None)))
    return None if there is None else there[1]


def identify(conn: Connection, *, digest: str, at: int) -> Identity | None:
    """Whose token this is the digest of; None when it is nobody's or has expired. A run's own ends with the run."""
    if row := conn.execute(_BY_DIGEST, {"digest": digest, "at": at}).first():
        return Identity(account=read_account(row))
    row = conn.execute(_BY_RUN, {"digest": digest}).first()
    return None if row is None else Identity(account=read_account(row), job_id=row.job)


def add_grant(conn: Connection, *, kind: str, ref: int, account_id: int, verb: str, path: str = "", at: int) -> None:
    """Grant a verb on a thing; granting it again changes nothing."""
    key: dict[str, Any] = {"kind": kind, "ref": ref, "account_id": account_id, "verb": verb, "path": path}
    there = select(grants.c.id).where(*(grants.c[name] == value for name, value in key.items()))
    if conn.execute(there).first() is None:
        conn.execute(insert(grants).values(**key, created_at=at))


def is_granted(kind: str, ref: ColumnElement[int], account_id: int) -> ColumnElement[bool]:
    """Whether a thing was shared with an account, as a part of a query."""
    return exists().where(grants.c.kind == kind, grants.c.ref == ref, grants.c.account_id == account_id)


def shared_with(conn: Connection, *, kind: str, refs: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """For each thing, the e-mail addresses of the people it is shared with, in the order of sharing."""
    people: dict[int, list[str]] = {}
    for some in chunks(refs):
        for row in conn.execute(_SHARED, {"kind": kind, "refs": some}):
            people.setdefault(row.ref, []).append(row.email)
    return {ref: tuple(dict.fromkeys(emails)) for ref, emails in people.items()}


def remove_grants(conn: Connection, *, kind: str, ref: int) -> None:
    """Forget who a thing was shared with."""
    conn.execute(delete(grants).where(grants.c.kind == kind, grants.c.ref == ref))
