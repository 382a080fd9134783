"""The keys that hosts behind SSH showed when they were first met, with the service running or not."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import click

from dragoman.cli.options import WORDS, data_option, output_option, settings_for, show
from dragoman.server.database import database
from dragoman.store import Connection, known_hosts


@click.group()
def host() -> None:
    """Hosts behind SSH, and the keys by which they are known."""


@host.command("list")
@data_option
@output_option
def list_all(data: str | None, config_file: str | None, output: str) -> None:
    """The hosts that were met, with the fingerprints of their keys."""

    def work(conn: Connection) -> list[dict[str, Any]]:
        return [
            {"host": name, "port": port, "key": fingerprint(key), "met": _day(at)}
            for name, port, key, at in known_hosts.list_host_keys(conn)
        ]

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work), output, none="No host behind SSH was met yet.")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fingerprint(key: str) -> str:
    """The digest of a public key as ``ssh-keygen -l`` prints it."""
    kind, _, blob = key.partition(" ")
    return f"{kind} SHA256:{b64encode(sha256(b64decode(blob)).digest()).decode().rstrip('=')}"


@host.command("forget", epilog="Example:  dragoman host forget vm.example.org --data ./data")
@click.argument("name", type=WORDS)
@click.option("--port", type=int, default=22, show_default=True, help="Port of its SSH server.")
@data_option
@output_option
def forget(name: str, port: int, data: str | None, config_file: str | None, output: str) -> None:
    """Forget the key of a host that was set up anew: the key that it shows next is the one that is kept.

    Look first that it is the host's own.
    """
    with database(settings_for(data, config_file)) as db:
        db.write_now(known_hosts.forget_host_key, name, port)
    show({"host": name, "port": port, "forgotten": True}, output)
