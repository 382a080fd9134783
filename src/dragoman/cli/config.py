"""Shows the settings in force."""

import os

import click

from dragoman.cli.options import data_option, output_option, show
from dragoman.config import origins


@click.group()
def config() -> None:
    """The settings in force."""


@config.command("show")
@data_option
@output_option
def show_config(data: str | None, config_file: str | None, output: str) -> None:
    """Print every setting, its value and where the value came from. Secrets are masked."""
    found = origins({"server.data": data}, os.environ, config_file)
    show([{"setting": o.name, "value": o.value, "source": o.source} for o in found], output)
