"""Tokens of accounts, with the service running or not."""

import re

import click

from dragoman.cli.account import open_account
from dragoman.cli.options import WORDS, data_option, output_option, settings_for, show
from dragoman.core.errors import Invalid, NotFound
from dragoman.host.clock import HostClock
from dragoman.server.database import database
from dragoman.store import Connection, accounts
from dragoman.trust import tokens

PERIOD = re.compile(r"(\d+)([smhdw])", re.ASCII)
DIGITS = 6
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def period(text: str) -> int:
    """Microseconds in a period such as 30d, 12h or 90m. Raises Invalid."""
    match = PERIOD.fullmatch(text)
    if match is None:
        raise Invalid.field("expires", why=f"{text} is no period. Write a number and s, m, h, d or w, such as 30d.")
    if len(match[1]) > DIGITS:
        raise Invalid.field("expires", why=f"{text} is too long. Leave it out for a token that never expires.")
    return int(match[1]) * SECONDS[match[2]] * 1_000_000


@click.group()
def token() -> None:
    """Keys to the service."""


@token.command("add", epilog="Example:  dragoman token add ada --label laptop --expires 30d --data ./data")
@click.argument("name", type=WORDS)
@click.option("--label", type=WORDS, default="", help="What it is for.")
@click.option("--expires", help="Period after which it is worth nothing, such as 30d.  [default: never]")
@data_option
@output_option
def add_token(  # noqa: PLR0917 - the options of a command
    name: str, label: str, expires: str | None, data: str | None, config_file: str | None, output: str
) -> None:
    """Make another token for an account. It is shown once; only its digest is kept."""
    secret = tokens.mint()
    lasts = None if expires is None else period(expires)

    def work(conn: Connection, at: int) -> None:
        accounts.add_token(
            conn,
            account_id=open_account(conn, name).id,
            digest=tokens.digest(secret),
            label=label,
            at=at,
            expires_at=None if lasts is None else at + lasts,
        )

    with database(settings_for(data, config_file)) as db:
        db.write_now(work, HostClock().now())
    show({"name": name, "label": label, "token": secret}, output)


@token.command("remove", epilog="Example:  dragoman token remove ada --label laptop --data ./data")
@click.argument("name", type=WORDS)
@click.option("--label", type=WORDS, required=True, help="Which: the label with which it was made.")
@data_option
@output_option
def remove_token(name: str, label: str, data: str | None, config_file: str | None, output: str) -> None:
    """Take back the tokens of an account that have a label. Within two seconds they are worth nothing."""

    def work(conn: Connection) -> int:
        found = accounts.find_account(conn, name=name)
        removed = accounts.remove_tokens(conn, account_id=found.id, label=label)
        if not removed:
            there = ", ".join(map(repr, accounts.labels(conn, found.id)))
            raise NotFound(f"{name} has no token with the label {label!r}.", hint=f"There are: {there or 'none'}.")
        return removed

    with database(settings_for(data, config_file)) as db:
        removed = db.write_now(work)
    show({"name": name, "label": label, "removed": removed}, output)
