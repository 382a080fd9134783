"""Runs a node in the field in the foreground."""

import logging
import sys

import click

from dragoman.cli.options import settings_for
from dragoman.core.errors import Invalid

EXAMPLE = "Example:  dragoman node run --vsn W023 --server http://localhost:8080 --token TOKEN --data ./node"


@click.command("run", epilog=EXAMPLE)
@click.option("--vsn", required=True, help="The node's short name, such as W023.")
@click.option("--server", required=True, help="Address of the service, such as https://jobs.example.org.")
@click.option("--token", help="The node's token.  [default: the setting node.token]")
@click.option("--config", "config_file", type=click.Path(), help="Settings file (TOML).")
@click.option("--data", type=click.Path(), help="Data directory of the node.  [default: node]")
@click.option("-v", "--verbose", is_flag=True, help="Log every move of every plugin.")
def run(  # noqa: PLR0917 - the options of a command
    vsn: str, server: str, token: str | None, data: str | None, config_file: str | None, verbose: bool
) -> None:
    """Run a node until Ctrl-C or SIGTERM. It works on alone whenever the service cannot be reached.

    Plugins that are under way go on when the node ends, and are found again when it starts.
    """
    settings = settings_for(data or "node", config_file)
    secret = token or settings.node.token
    if not secret:
        raise Invalid.field("token", why="Give the token that `dragoman node add` has printed.")
    if not server.startswith(("http://", "https://")):
        raise Invalid.field("server", why=f"{server} is no address: it begins with http:// or https://.")
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for talkative in ("alembic", "httpx2"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    from dragoman.agent.member import Membership
    from dragoman.agent.program import run as run_node

    member = Membership(vsn=vsn, url=server, token=secret)
    run_node(settings, member, ready=lambda port: click.echo(f"Dragoman's node {vsn} is ready; AMQP port {port}"))
