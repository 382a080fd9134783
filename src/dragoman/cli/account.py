"""Accounts, with the service running or not."""

import re
from typing import Any

import click

from dragoman.cli.options import WORDS, data_option, output_option, settings_for, show, tell_of_new_data
from dragoman.core.errors import Conflict, Invalid, NotFound
from dragoman.core.things import Account, Page
from dragoman.host.clock import HostClock
from dragoman.server.database import database
from dragoman.store import Connection, accounts, closing, files
from dragoman.trust import passwords, tokens

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ALL = Page(limit=1 << 31)
ASK = "\0"
"""No word that a shell can hand over: ``--password`` stands without one."""


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
        raise Invalid.field(
            "name", why="Use letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit."
        )
    _check_address(email)
    stored, secret = _hash(ASK if password is None else password), tokens.mint()

    def work(conn: Connection, at: int) -> None:
        added = accounts.add_account(conn, name=name, email=email, password_hash=stored, is_admin=admin, at=at)
        accounts.add_token(conn, account_id=added.id, digest=tokens.digest(secret), label="first", at=at)

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
        show(db.write_now(work), output, none="Nobody has an account yet; `dragoman account add` adds one.")


@account.command("change", epilog="Example:  dragoman account change ada --password --data ./data")
@click.argument("name", type=WORDS)
@click.option("--email", type=WORDS, help="Another address.")
@click.option(
    "--password", type=WORDS, is_flag=False, flag_value=ASK, help="Another password; asked for when none follows."
)
@click.option("--admin/--no-admin", default=None, help="May see and steer what others have registered, or not.")
@data_option
@output_option
def change_account(  # noqa: PLR0917 - the options of a command
    name: str,
    email: str | None,
    password: str | None,
    admin: bool | None,
    data: str | None,
    config_file: str | None,
    output: str,
) -> None:
    """Give an account another password or address, or make it an admin. Tokens stay good; see `token remove`."""
    if email is None and password is None and admin is None:
        raise Invalid.field("account", why="Say what is to change: --email, --password, --admin or --no-admin.")
    if email is not None:
        _check_address(email)
    stored = None if password is None else _hash(password)

    def work(conn: Connection) -> dict[str, Any]:
        found = open_account(conn, name)
        accounts.change_account(conn, found.id, email=email, password_hash=stored, is_admin=admin)
        now = accounts.find_account(conn, name=name)
        return {"name": name, "email": now.email, "admin": now.is_admin}

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work), output)


@account.command("close", epilog="Example:  dragoman account close ada --stop --data ./data")
@click.argument("name", type=WORDS)
@click.option("--stop", is_flag=True, help="Stop its jobs, too; without it they go on to their end.")
@data_option
@output_option
def close_account(name: str, stop: bool, data: str | None, config_file: str | None, output: str) -> None:
    """Close an account for good: its password, tokens and clients are worth nothing within two seconds.

    Its triggers start nothing more. What it owns stays as it is, and its name is nobody else's. To close it again does
    no harm.
    """

    def work(conn: Connection, at: int) -> dict[str, Any]:
        found = accounts.find_account(conn, name=name)
        stopped = closing.stop_jobs(conn, found.id, at=at) if stop else 0
        going_on = 0 if stop else closing.count_open_jobs(conn, found.id)
        ended = closing.close_account(conn, found.id)
        told = {"tokens": ended.tokens, "triggers": ended.triggers, "stopped": stopped, "going_on": going_on}
        return {"name": name, **told}

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work, HostClock().now()), output)


def open_account(conn: Connection, name: str) -> Account:
    """The account of somebody who can log in. Raises NotFound, and Conflict for one that is closed."""
    try:
        return accounts.find_login(conn, name=name)[0]
    except NotFound:
        accounts.find_account(conn, name=name)
        raise Conflict(f"Nobody logs in as {name}: the account was closed, or is the service's own.") from None


def _check_address(email: str) -> None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise Invalid.field("email", why=f"{email} is no e-mail address.")


def _hash(password: str) -> str:
    if password == ASK:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return passwords.hash_password(password)
