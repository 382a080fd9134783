"""Makes a node's database, in a process of its own: what migrations load would stay in the agent's memory for ever."""

import os
import subprocess
import sys

from dragoman.core.errors import Unavailable
from dragoman.store.edge import tables
from dragoman.store.sqlite import SqliteDb

FILE = "node.db"


def open_database(data: str, *, readers: int) -> SqliteDb:
    """The node's database in its data directory, made when it is missing. Raises Problems."""
    path = os.path.join(data, FILE)
    if not os.path.exists(path):
        done = subprocess.run(
            [sys.executable, "-m", __name__, path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Unavailable(f"The database {path} cannot be made: {done.stderr.strip()[-500:]}")
    db = SqliteDb(path, readers=readers)
    db.write_now(tables.prepare)
    return db


if __name__ == "__main__":
    SqliteDb(sys.argv[1]).close()
