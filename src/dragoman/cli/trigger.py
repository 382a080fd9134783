"""Triggers: stored jobs that measurements of nodes start; with the service running or not."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import click

from dragoman.cli.options import WORDS, data_option, output_option, settings_for, show
from dragoman.core.chains import start_fault
from dragoman.core.errors import Invalid
from dragoman.core.triggers import HOURLY, Order, Pairs, TriggerView, order_faults, read_rate, read_within, write_rate
from dragoman.host.clock import HostClock
from dragoman.server.database import database
from dragoman.store import Connection, accounts, triggers

T = TypeVar("T")


EXAMPLE = (
    "Example:  dragoman trigger add ada QTVia --name env.rain --meta vsn=W023 --when \"v('env.rain') > 3\""
    " --set RAIN={value} --rate 4/h --data ./data"
)


@click.group()
def trigger() -> None:
    """Stored jobs that measurements of nodes start."""


@trigger.command("add", epilog=EXAMPLE)
@click.argument("owner", type=WORDS)
@click.argument("job", type=WORDS)
@click.option("--name", type=WORDS, help="Measurements of this name; a pattern as in data queries: env.rain|env.snow.*")
@click.option(
    "--meta", type=WORDS, multiple=True, metavar="KEY=PATTERN", help="And with this meta; may be given again."
)
@click.option("--when", type=WORDS, default="", help="Of which this holds, as in rules.  [default: all]")
@click.option("--set", "variables", type=WORDS, multiple=True, metavar="NAME=TEXT", help="A variable; see above.")
@click.option("--rate", type=WORDS, help="How many jobs at most, such as 10/h or 1/15m.  [default: 60/h]")
@click.option("--within", type=WORDS, help="Only measurements that come so soon, such as 10m.  [default: all]")
@data_option
@output_option
def add(  # noqa: PLR0917 - the options of a command
    owner: str,
    job: str,
    name: str | None,
    meta: tuple[str, ...],
    when: str,
    variables: tuple[str, ...],
    rate: str | None,
    within: str | None,
    data: str | None,
    config_file: str | None,
    output: str,
) -> None:
    """Have each measurement that fits start a copy of a stored JOB of OWNER's: its id, or DOOR/ID.

    The stored job stays as it is. In the variables of its copies, {value}, {name}, {time}, {timestamp} and {meta.KEY}
    stand for what was measured; each copy also has DRAGOMAN_EVENT_VALUE, _NAME, _TIME, _TIMESTAMP and _META. What
    comes too often for the rate starts nothing, and is counted.
    """
    from dragoman.dialects import startable

    named = (("name", name),) if name else ()
    if not named and not meta:
        raise Invalid.field("name", why="Say which measurements: --name, --meta, or both.")
    order = Order(
        job=job,
        patterns=(*named, *_pairs("meta", meta)),
        condition=when,
        variables=_pairs("set", variables),
        rate=_read("rate", read_rate, rate) or HOURLY,
        within=_read("within", read_within, within),
    )
    for why in order_faults(order):
        raise Invalid.field("trigger", why=why)

    def work(conn: Connection, at: int) -> dict[str, Any]:
        account = accounts.find_account(conn, name=owner)
        find = partial(triggers.find_stored, conn, owner_id=account.id, doors=doors)
        stored = find(job)
        if why := start_fault(job, find, doors):
            raise Invalid.field("job", why=why)
        whole = f"{stored.door}/{stored.alias}"
        return {"id": triggers.add_trigger(conn, replace(order, job=whole), owner_id=account.id, at=at), "job": whole}

    settings = settings_for(data, config_file)
    doors = startable(settings)
    with database(settings) as db:
        show(db.write_now(work, HostClock().now()), output)


def _pairs(what: str, given: tuple[str, ...]) -> Pairs:
    pairs = [one.partition("=") for one in given]
    for key, equals, _ in pairs:
        if not equals or not key:
            raise Invalid.field(what, why=f"Write KEY=TEXT, not {key}.")
    return tuple((key, text) for key, _, text in pairs)


def _read(what: str, read: Callable[[str], T], text: str | None) -> T | None:
    try:
        return None if text is None else read(text)
    except ValueError as error:
        raise Invalid.field(what, why=f"{error}.") from error


@trigger.command("list")
@data_option
@output_option
def list_all(data: str | None, config_file: str | None, output: str) -> None:
    """Which triggers there are, how many jobs each has started, and why the last one was not."""

    def work(conn: Connection) -> list[dict[str, Any]]:
        return [_shown(view) for view in triggers.view_triggers(conn, triggers.list_triggers(conn))]

    with database(settings_for(data, config_file)) as db:
        show(db.write_now(work), output, none="There are no triggers yet; `dragoman trigger add` makes one.")


def _shown(view: TriggerView) -> dict[str, Any]:
    order = view.trigger.order
    return {
        "id": view.trigger.id,
        "owner": view.owner,
        "measurements": " ".join(f"{key}={pattern}" for key, pattern in order.patterns),
        "when": order.condition,
        "job": order.job,
        "variables": " ".join(f"{name}={text}" for name, text in order.variables),
        "rate": write_rate(order.rate),
        "started": view.started,
        "skipped": view.trigger.skipped,
        "last": view.last,
        "fault": view.fault,
    }


@trigger.command("remove")
@click.argument("number", type=int)
@data_option
@output_option
def remove(number: int, data: str | None, config_file: str | None, output: str) -> None:
    """End a trigger, by its id; the jobs that it has started go on."""
    with database(settings_for(data, config_file)) as db:
        db.write_now(triggers.remove_trigger, number)
    show({"id": number, "removed": True}, output)
