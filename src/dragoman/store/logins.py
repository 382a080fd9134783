"""How accounts log in to systems. Secrets come and go sealed; this room cannot read them."""

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from dragoman.core.errors import Conflict
from dragoman.core.registered import SealedLogin
from dragoman.store.tables import credential

_EFFECTIVE = select(credential).where(
    credential.c.system_id == bindparam("system"),
    or_(credential.c.account_id == bindparam("account"), credential.c.account_id.is_(None)),
)


def find_login(conn: Connection, *, system_id: int, account_id: int | None) -> SealedLogin | None:
    """What an account has of its own; without an account, the login that the system has for everybody."""
    row = conn.execute(select(credential).where(*_which(system_id, account_id))).first()
    return None if row is None else SealedLogin(login=row.login, method=row.method, secret=row.secret)


def effective_login(conn: Connection, *, system_id: int, account_id: int) -> tuple[bool, SealedLogin | None]:
    """Whether the system has one login for everybody, and what an account logs in with: that one, or else its own."""
    rows = conn.execute(_EFFECTIVE, {"system": system_id, "account": account_id}).all()
    found = {row.account_id: SealedLogin(login=row.login, method=row.method, secret=row.secret) for row in rows}
    return None in found, found.get(None, found.get(account_id))


def effective_logins(conn: Connection, *, account_id: int) -> dict[int, SealedLogin]:
    """By system: what an account logs in with, where there is anything. The secrets are left out."""
    columns = (credential.c.system_id, credential.c.account_id, credential.c.login, credential.c.method)
    mine = or_(credential.c.account_id == account_id, credential.c.account_id.is_(None))
    rows = conn.execute(select(*columns).where(mine)).all()
    # Those of the systems themselves come last, and so win.
    rows = sorted(rows, key=lambda row: row.account_id is None)
    return {row.system_id: SealedLogin(login=row.login, method=row.method, secret=b"") for row in rows}


def put_login(conn: Connection, *, system_id: int, account_id: int | None, sealed: SealedLogin, at: int) -> None:
    """Keep a login in place of what was there."""
    values = {"login": sealed.login, "method": sealed.method, "secret": sealed.secret, "updated_at": at}
    changed = conn.execute(update(credential).where(*_which(system_id, account_id)).values(values))
    if changed.rowcount == 0:
        key = {"system_id": system_id, "account_id": account_id, "created_at": at}
        try:
            conn.execute(insert(credential).values(**key, **values))
        except IntegrityError as error:
            raise Conflict("Somebody else has stored this login just now.", hint="Look, then try again.") from error


def remove_login(conn: Connection, *, system_id: int, account_id: int | None) -> int:
    """Forget a login; how many there were."""
    return conn.execute(delete(credential).where(*_which(system_id, account_id))).rowcount


def remove_secrets(conn: Connection, *, system_id: int) -> None:
    """Forget what everybody logs in with; a name that the system has for all stays."""
    conn.execute(delete(credential).where(credential.c.system_id == system_id, credential.c.account_id.is_not(None)))
    own = _which(system_id, None)
    conn.execute(update(credential).where(*own).values(method="", secret=b""))


def _which(system_id: int, account_id: int | None) -> list[ColumnElement[bool]]:
    # ``== None`` becomes IS NULL here.
    return [credential.c.system_id == system_id, credential.c.account_id == account_id]
