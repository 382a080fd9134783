"""The one ``dragoman`` command: starts the service, and does what an operator does beside it."""

import difflib
import importlib
import sys

import click

from dragoman import __version__
from dragoman.core.errors import Problem

COMMANDS = {
    "serve": ("dragoman.cli.serve", "serve"),
    "account": ("dragoman.cli.account", "account"),
    "token": ("dragoman.cli.token", "token"),
    "node": ("dragoman.cli.node", "node"),
    "trigger": ("dragoman.cli.trigger", "trigger"),
    "measurements": ("dragoman.cli.measurements", "measurements"),
    "host": ("dragoman.cli.host", "host"),
    "doctor": ("dragoman.cli.doctor", "doctor"),
    "config": ("dragoman.cli.config", "config"),
}
"""Each command's module and name; a module is loaded when its command is called, so that the program starts quickly."""


class Lazy(click.Group):
    """Commands that are loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the list above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded now."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; of a word that is nearly one it is told which."""
        close = [] if args[0] in COMMANDS else difflib.get_close_matches(args[0], COMMANDS, 1)
        if close:
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{close[0]}'?")
        return super().resolve_command(ctx, args)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dragoman")
def program() -> None:
    """One job service for science that speaks the languages scientists' tools already speak.

    Start with:  dragoman serve --data ./data
    """


def main() -> None:
    """Run the program: exit code 0 when it is done, 1 when it was refused, 2 when it was called wrongly."""
    try:
        program(prog_name="dragoman")
    except Problem as problem:
        click.echo(f"dragoman: {problem}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
