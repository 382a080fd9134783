"""Runs the service in the foreground."""

import logging
import sys
from typing import Any

import click

from dragoman.cli.options import data_option, settings_for


@click.command(epilog="Example:  dragoman serve --data ./data --port 8080")
@data_option
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [default: 8080]")
@click.option("-v", "--verbose", is_flag=True, help="Log every move of every run.")
def serve(data: str | None, config_file: str | None, host: str | None, port: int | None, verbose: bool) -> None:
    """Run the service until Ctrl-C or SIGTERM.

    Runs that are under way go on when the service ends, and are found again when it starts.
    """
    flags: dict[str, Any] = {"server.host": host, "server.port": port}
    settings = settings_for(data, config_file, **flags)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    from dragoman.server.service import run

    run(settings, ready=lambda url: click.echo(f"Dragoman is ready at {url}"))
