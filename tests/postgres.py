"""A PostgreSQL server of the tests' own, from Debian's package, in a temporary directory; never as root."""

import glob
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from tests.hosts.parts import free_ports

_numbers = itertools.count()


def _programs() -> str:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql (make test does it as root).")
    return found[-1]


def _run(argv: list[str], *, check: bool = True) -> None:
    whole = ["runuser", "-u", "postgres", "--", *argv] if os.geteuid() == 0 else argv
    subprocess.run(whole, check=check, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a running server's maintenance database, ``…/postgres``; the server ends with the context."""
    programs, (port,) = _programs(), free_ports(1)
    place = tempfile.mkdtemp(prefix="dragoman-pg-", dir="/tmp")
    if os.geteuid() == 0:
        os.chown(place, pwd.getpwnam("postgres").pw_uid, -1)
    data = os.path.join(place, "data")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {place} -c fsync=off -c max_connections=60"
    control = [f"{programs}/pg_ctl", "-D", data]
    try:
        initdb = [f"{programs}/initdb", "-D", data, "-U", "dragoman", "-A", "trust", "--no-sync", "-E", "UTF8"]
        _run([*initdb, "--locale=C.UTF-8"])
        start = [*control, "-w", "-t", "180", "-l", f"{place}/log", "-o", options, "start"]
        _run(start)
        yield f"postgresql+psycopg://dragoman@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(place, ignore_errors=True)


def new_database(server: str) -> str:
    """The URL of a new, empty database on a server whose maintenance database has this URL."""
    name = f"test{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + "/" + name
