"""Nodes in the field: registered, described, and opened to people; with the service running or not."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

import click

from dragoman.cli.node_logs import logs
from dragoman.cli.node_run import run
from dragoman.cli.options import data_option, output_option, settings_for, show, tell_of_new_data
from dragoman.core.errors import Invalid
from dragoman.core.field import ACCESS, Node
from dragoman.core.manifests import NAME, assumed_manifest, check_vsn, read_manifest
from dragoman.host.clock import HostClock
from dragoman.server.database import database
from dragoman.store import Connection, accounts, grants, nodes
from dragoman.trust import tokens

USUAL = ("files", "schedule")
"""What `--allow` gives."""
MOST_BYTES = 1 << 20
"""Of a manifest file."""


@click.group()
def node() -> None:
    """Nodes in the field, which jobs are scheduled on."""


node.add_command(run)
node.add_command(logs)


@node.command("add", epilog="Example:  dragoman node add W023 --allow ada --data ./data")
@click.argument("vsn")
@click.option("--manifest", type=click.Path(exists=True, dir_okay=False), help="What it consists of (a JSON file).")
@click.option("--allow", multiple=True, metavar="USER", help="Who may schedule there; may be given again.")
@data_option
@output_option
def add(  # noqa: PLR0917 - the options of a command
    vsn: str, manifest: str | None, allow: tuple[str, ...], data: str | None, config_file: str | None, output: str
) -> None:
    """Register a node and print its token. The token is shown once; only its digest is kept.

    Without a manifest it is taken for one that runs amd64 and arm64 and has simulated cameras.
    """
    check_vsn(vsn)
    name = f"0000{secrets.token_hex(6)}"
    described = _manifest(manifest, vsn, name) if manifest else assumed_manifest(vsn, name)
    secret = tokens.mint()

    def work(conn: Connection, at: int) -> None:
        told: dict[str, Any] = {"name": described["name"], "manifest": described, "key_digest": tokens.digest(secret)}
        _give(conn, nodes.add_node(conn, vsn=vsn, **told, at=at), allow, USUAL, at=at)

    settings = settings_for(data, config_file)
    tell_of_new_data(settings)
    with database(settings, may_make=True) as db:
        db.write_now(work, HostClock().now())
    show({"vsn": vsn, "token": secret}, output)


def _manifest(path: str, vsn: str, name: str) -> dict[str, Any]:
    with open(path, "rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise Invalid.field("manifest", why=f"{path} has more than {MOST_BYTES} bytes.")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid.field("manifest", why=f"{path} is not JSON: {error}.") from error
    described = read_manifest(value, vsn, name)
    if NAME.fullmatch(described["name"]) is None:
        raise Invalid.field("manifest", "name", why="The name of the hardware is 12 to 16 hex digits.")
    return described


def _give(conn: Connection, to: Node, people: Sequence[str], words: Sequence[str], *, at: int) -> None:
    for person in dict.fromkeys(people):
        account = accounts.find_account(conn, name=person)
        for word in words:
            verb = ACCESS[word]
            accounts.add_grant(conn, kind=nodes.KIND, ref=to.id, account_id=account.id, verb=verb, at=at)


@node.command("list")
@data_option
@output_option
def list_all(data: str | None, config_file: str | None, output: str) -> None:
    """Which nodes there are, and who may schedule there."""

    def work(conn: Connection) -> list[dict[str, Any]]:
        return [
            {
                "vsn": view.node.vsn,
                "name": view.node.name,
                "phase": view.node.manifest.get("phase", ""),
                "schedule": " ".join(view.allowed["schedule"]),
            }
            for view in nodes.view_nodes(conn, nodes.list_nodes(conn))
        ]

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work), output, none="There are no nodes yet; `dragoman node add` registers one.")


@node.command("show")
@click.argument("vsn")
@data_option
@output_option
def show_one(vsn: str, data: str | None, config_file: str | None, output: str) -> None:
    """One node, with its manifest."""

    def work(conn: Connection) -> dict[str, Any]:
        view = nodes.view_nodes(conn, [nodes.get_node(conn, vsn)])[0]
        allowed = {word: list(people) for word, people in view.allowed.items()}
        return {"vsn": view.node.vsn, "allowed": allowed, "manifest": dict(view.node.manifest)}

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work), output)


@node.command("describe")
@click.argument("vsn")
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False))
@data_option
@output_option
def describe(vsn: str, manifest: str, data: str | None, config_file: str | None, output: str) -> None:
    """Give a node another manifest (a JSON file). Jobs that are submitted keep what they have."""

    def work(conn: Connection, at: int) -> None:
        found = nodes.get_node(conn, vsn)
        described = _manifest(manifest, found.vsn, found.name)
        nodes.change_node(conn, found, {"manifest": described, "name": described["name"]}, at=at)

    with database(settings_for(data, config_file)) as db:
        db.write_now(work, HostClock().now())
    show({"vsn": vsn, "manifest": manifest}, output)


@node.command("token")
@click.argument("vsn")
@data_option
@output_option
def renew(vsn: str, data: str | None, config_file: str | None, output: str) -> None:
    """Give a node another token and print it; the old one is worth nothing from now on."""
    secret = tokens.mint()

    def work(conn: Connection, at: int) -> None:
        nodes.change_node(conn, nodes.get_node(conn, vsn), {"key_digest": tokens.digest(secret)}, at=at)

    with database(settings_for(data, config_file)) as db:
        db.write_now(work, HostClock().now())
    show({"vsn": vsn, "token": secret}, output)


@node.command("allow")
@click.argument("vsn")
@click.argument("user")
@click.option(
    "--to", "words", multiple=True, type=click.Choice(sorted(ACCESS)), help="What.  [default: files, schedule]"
)
@data_option
@output_option
def allow_one(  # noqa: PLR0917 - the options of a command
    vsn: str, user: str, words: tuple[str, ...], data: str | None, config_file: str | None, output: str
) -> None:
    """Let somebody schedule on a node, see its files, or develop there."""

    def work(conn: Connection, at: int) -> None:
        _give(conn, nodes.get_node(conn, vsn), [user], words or USUAL, at=at)

    with database(settings_for(data, config_file)) as db:
        db.write_now(work, HostClock().now())
    show({"vsn": vsn, "user": user, "allowed": " ".join(words or USUAL)}, output)


@node.command("deny")
@click.argument("vsn")
@click.argument("user")
@data_option
@output_option
def deny(vsn: str, user: str, data: str | None, config_file: str | None, output: str) -> None:
    """Take from somebody what they may do on a node. Jobs that are submitted go on."""

    def work(conn: Connection) -> int:
        found, account = nodes.get_node(conn, vsn), accounts.find_account(conn, name=user)
        return grants.take(conn, kind=nodes.KIND, ref=found.id, account_id=account.id, verbs=ACCESS.values())

    with database(settings_for(data, config_file)) as db:
        taken = db.write_now(work)
    show({"vsn": vsn, "user": user, "taken": taken}, output)


@node.command("remove")
@click.argument("vsn")
@data_option
@output_option
def remove(vsn: str, data: str | None, config_file: str | None, output: str) -> None:
    """Forget a node on which nothing is scheduled; what it has measured stays."""

    def work(conn: Connection) -> None:
        nodes.remove_node(conn, nodes.get_node(conn, vsn))

    with database(settings_for(data, config_file)) as db:
        db.write_now(work)
    show({"vsn": vsn, "removed": True}, output)
