"""The keys that hosts showed when they were first met."""

from sqlalchemy import Connection, bindparam, insert, select

from dragoman.store.tables import known_host

_GET = select(known_host.c.key).where(known_host.c.host == bindparam("at"), known_host.c.port == bindparam("by"))


def host_key(conn: Connection, host: str, port: int) -> str | None:
    """The key of the host at this address; None when it was never met."""
    return conn.execute(_GET, {"at": host, "by": port}).scalar()


def keep_host_key(conn: Connection, host: str, port: int, key: str, *, at: int) -> None:
    """Keep the key of a host that is met for the first time; one that was met before keeps its key."""
    if host_key(conn, host, port) is None:
        conn.execute(insert(known_host).values(host=host, port=port, key=key, created_at=at))
