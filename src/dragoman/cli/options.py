"""Options that several commands share, and how results are printed."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from dragoman.config import Settings, load

Command = Callable[..., Any]

WIDE = 1000
"""Columns of a table that nobody looks at on a screen: no line is folded for the program that reads it."""


class _Words(click.ParamType[str]):
    """Text; what the shell handed over as bytes that are no UTF-8 is refused."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.fail("this is no UTF-8 text.", param, ctx)
        return text


WORDS = _Words()


def data_option(command: Command) -> Command:
    """``--data`` and ``--config``."""
    command = click.option("--config", "config_file", type=click.Path(), help="Settings file (TOML).")(command)
    return click.option("--data", type=click.Path(), help="Data directory of the service.  [default: data]")(command)


def output_option(command: Command) -> Command:
    """``--output json|table``."""
    kinds = click.Choice(["json", "table"])
    return click.option("--output", type=kinds, default="table", show_default=True, help="How to print the result.")(
        command
    )


def settings_for(data: str | None, config_file: str | None, **flags: Any) -> Settings:
    """The settings with these flags on top. Raises Invalid."""
    return load({"server.data": data, **flags}, os.environ, config_file)


def tell_of_new_data(settings: Settings) -> None:
    """Say so when a command is about to make the data directory: its name may be mistyped."""
    if not os.path.isdir(settings.server.data):
        click.echo(f"dragoman: {settings.server.data} is a new data directory: start the service with it.", err=True)


def show(value: Mapping[str, Any] | Sequence[Mapping[str, Any]], output: str, *, none: str = "") -> None:
    """Print one result, or many with the same keys: as JSON alone, or as a table for people.

    ``none`` is said to them, on the error output, where the table would be empty.
    """
    if output == "json":
        click.echo(json.dumps(value, indent=2))
        return
    if not value:
        click.echo(f"dragoman: {none}", err=True)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [value] if isinstance(value, Mapping) else list(value)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row.values()))  # brackets in them are no markup
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)
