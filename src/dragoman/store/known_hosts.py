"""The keys that hosts showed when they were first met."""

from sqlalchemy import Connection, bindparam, delete, insert, select

from dragoman.core.errors import NotFound
from dragoman.store.tables import known_host

_GET = select(known_host.c.key).where(known_host.c.host == bindparam("at"), known_host.c.port == bindparam("by"))


def host_key(conn: Connection, host: str, port: int) -> str | None:
    """The key of the host at this address; None when it was never met."""
    return conn.execute(_GET, {"at": host, "by": port}).scalar()


def keep_host_key(conn: Connection, host: str, port: int, key: str, *, at: int) -> None:
    """Keep the key of a host that is met for the first time; one that was met before keeps its key."""
    if host_key(conn, host, port) is None:
        conn.execute(insert(known_host).values(host=host, port=port, key=key, created_at=at))


def list_host_keys(conn: Connection) -> list[tuple[str, int, str, int]]:
    """Host, port, key and the moment of the first meeting, by host and port."""
    columns = (known_host.c.host, known_host.c.port, known_host.c.key, known_host.c.created_at)
    return [tuple(row) for row in conn.execute(select(*columns).order_by(known_host.c.host, known_host.c.port))]


def forget_host_key(conn: Connection, host: str, port: int) -> None:
    """Have a host be met for the first time again. Raises NotFound for one that never was."""
    there = (known_host.c.host == host, known_host.c.port == port)
    if conn.execute(delete(known_host).where(*there)).rowcount == 0:
        raise NotFound(f"No key of {host} is kept for port {port}.", hint="dragoman host list shows those that are.")
