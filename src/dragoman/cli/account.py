"""Accounts and tokens, with the service running or not."""

import re
from typing import Any

import click

from dragoman.cli.options import WORDS, data_option, output_option, settings_for, show, tell_of_new_data
from dragoman.core.errors import Invalid, NotFound
from dragoman.core.things import Page
from dragoman.host.clock import HostClock
from dragoman.server.database import database
from dragoman.store import Connection, accounts, files
from dragoman.trust import passwords, tokens

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PERIOD = re.compile(r"(\d+)([smhdw])", re.ASCII)
DIGITS = 6
ALL = Page(limit=1 << 31)
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
def account() -> None:
    """Who may use the service."""


@account.command("add", epilog="Example:  dragoman account add ada --email ada@example.com --data ./data")
@click.argument("name", type=WORDS)
@click.option("--email", type=WORDS, required=True, help="Address that others share with.")
@click.option("--password", type=WORDS, help="Password; asked for when it is not given.")
@click.option("--admin", is_flag=True, help="May see and steer what others have registered, and their jobs on hosts.")
@data_option
@output_option
def add_account(  # noqa: PLR0917 - the options of a command
    name: str, email: str, password: str | None, admin: bool, data: str | None, config_file: str | None, output: str
) -> None:
    """Add an account and print its first token. The token is shown once; only its digest is kept."""
    if NAME.fullmatch(name) is None:
        raise Invalid.field("name", why="Use letters, digits, '.', '_' and '-', at most 64, beginning with a letter.")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise Invalid.field("email", why=f"{email} is no e-mail address.")
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    stored, secret = passwords.hash_password(str(password)), tokens.mint()

    def work(conn: Connection, at: int) -> None:
        added = accounts.add_account(conn, name=name, email=email, password_hash=stored, is_admin=admin, at=at)
        _keep(conn, added.id, secret, label="first", at=at)

    settings = settings_for(data, config_file)
    tell_of_new_data(settings)
    with database(settings, may_make=True) as db:
        db.write_now(work, HostClock().now())
    show({"name": name, "email": email, "token": secret}, output)


@account.command("list")
@data_option
@output_option
def list_accounts(data: str | None, config_file: str | None, output: str) -> None:
    """Who has an account, and how many bytes of uploads; `upload.account_bytes` limits them."""

    def work(conn: Connection) -> list[dict[str, Any]]:
        uploaded = files.uploaded_bytes(conn)
        return [
            {"name": one.name, "email": one.email, "admin": one.is_admin, "uploaded": uploaded.get(one.id, 0)}
            for one in accounts.list_logins(conn, page=ALL)
        ]

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work), output)


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
        found = accounts.find_account(conn, name=name)
        _keep(conn, found.id, secret, label=label, at=at, lasts=lasts)

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


def _keep(conn: Connection, account_id: int, secret: str, *, label: str, at: int, lasts: int | None = None) -> None:
    accounts.add_token(
        conn,
        account_id=account_id,
        digest=tokens.digest(secret),
        label=label,
        at=at,
        expires_at=None if lasts is None else at + lasts,
    )
