"""Standing triggers, and the starts that they and ``submit`` rules have asked for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.job import Job
from dragoman.core.starts import NewStart, Start
from dragoman.core.triggers import Order, Rate, Trigger, TriggerView
from dragoman.core.work import NewWork
from dragoman.store.accounts import find_accounts
from dragoman.store.jobs import find_job
from dragoman.store.queue import add_work
from dragoman.store.tables import standing_trigger, trigger_start

START = "trigger-start"
"""The kind of work that starts a job; ``ref`` is the start."""
MOST_FAULT = 1000
SETTLES = 500_000
"""Microseconds: the measurement itself is kept a moment later, and the job may ask for it."""

_LOCK = select(standing_trigger.c.id).where(standing_trigger.c.id == bindparam("id")).with_for_update()
_SINCE = (
    select(func.count())
    .select_from(trigger_start)
    .where(trigger_start.c.source == bindparam("of"), trigger_start.c.created_at > bindparam("since"))
)
_KNOWN = select(trigger_start.c.id).where(
    trigger_start.c.source == bindparam("of"), trigger_start.c.event == bindparam("one")
)
_OF = select(trigger_start).where(trigger_start.c.source == bindparam("of"))


def add_trigger(conn: Connection, order: Order, *, owner_id: int, at: int) -> int:
    """Let an order stand; the trigger's id."""
    row = {"owner_id": owner_id, "spec": asdict(order), "skipped": 0, "created_at": at}
    key: int = conn.execute(insert(standing_trigger).values(row).returning(standing_trigger.c.id)).scalar_one()
    return key


def list_triggers(conn: Connection) -> list[Trigger]:
    """All that stand, oldest first."""
    return [_trigger(row) for row in conn.execute(select(standing_trigger).order_by(standing_trigger.c.id))]


def view_triggers(conn: Connection, found: Sequence[Trigger]) -> list[TriggerView]:
    """Triggers with their owners and what came of them."""
    owners = find_accounts(conn, {one.owner_id for one in found})
    return [_view(conn, one, owners[one.owner_id].name) for one in found]


def _view(conn: Connection, one: Trigger, owner: str) -> TriggerView:
    of = {"of": one.source}
    last = conn.execute(_OF.order_by(trigger_start.c.id.desc()).limit(1), of).first()
    started = _OF.where(trigger_start.c.fault == "").with_only_columns(func.count())
    return TriggerView(
        trigger=one,
        owner=owner,
        started=conn.execute(started, of).scalar_one(),
        last=f"{last.door}/{last.alias}" if last and last.alias else "",
        fault=last.fault if last else "",
    )


def remove_trigger(conn: Connection, key: int) -> None:
    """End a trigger; what it has started goes on. Raises NotFound."""
    if not conn.execute(delete(standing_trigger).where(standing_trigger.c.id == key)).rowcount:
        raise NotFound(f"There is no trigger {key}.", hint="`dragoman trigger list` shows all.")


def find_stored(conn: Connection, reference: str, *, owner_id: int, doors: Collection[str]) -> Job:
    """The job of an owner's that ``DOOR/ALIAS``, or an alias alone, means. Raises NotFound, and Conflict for two."""
    door, slash, alias = reference.partition("/")
    named = ((door, alias),) if slash else tuple((one, reference) for one in doors)
    found = [find_job(conn, door=one, alias=name) for one, name in named if one in doors]
    mine = [job for job in found if job is not None and job.owner_id == owner_id]
    if not mine:
        raise NotFound(f"The owner has no job {reference}.", hint=f"Jobs of {', '.join(sorted(doors))} can be started.")
    if len(mine) > 1:
        raise Conflict(f"{reference} is a job in several doors.", hint="Write DOOR/ID.")
    return mine[0]


def add_starts(conn: Connection, new: Sequence[NewStart], *, at: int) -> int:
    """Take down what is to be started, in a transaction that takes each event once; how many there are.

    None twice for one event, none for a trigger that is gone, and no more of a source than its rate allows.
    """
    ordered = sorted(new, key=lambda one: one.source)
    return sum(_add_of(conn, source, list(some), at) for source, some in groupby(ordered, lambda one: one.source))


def _add_of(conn: Connection, source: str, new: Sequence[NewStart], at: int) -> int:
    trigger, rate, skipped = new[0].trigger_id, new[0].rate, 0
    if trigger is not None and conn.execute(_LOCK, {"id": trigger}).first() is None:
        return 0
    room = rate.most - conn.execute(_SINCE, {"of": source, "since": at - rate.per}).scalar_one()
    before = room
    for one in new:
        if room <= 0:
            skipped += 1
        elif conn.execute(_KNOWN, {"of": source, "one": one.event}).first() is None:
            _add(conn, one, at)
            room -= 1
    if skipped and trigger is not None:
        more = {"skipped": standing_trigger.c.skipped + skipped}
        conn.execute(update(standing_trigger).where(standing_trigger.c.id == trigger).values(more))
    return before - room


def _add(conn: Connection, one: NewStart, at: int) -> None:
    row: dict[str, Any] = {
        "source": one.source,
        "event": one.event,
        "owner_id": one.owner_id,
        "job": one.job,
        "variables": dict(one.variables),
        "door": "",
        "alias": "",
        "fault": "",
        "created_at": at,
    }
    key = conn.execute(insert(trigger_start).values(row).returning(trigger_start.c.id)).scalar_one()
    add_work(conn, NewWork(kind=START, ref=key, due_at=at + SETTLES))


def get_start(conn: Connection, key: int) -> Start:
    """The start with this id of ours, which must exist."""
    row = conn.execute(select(trigger_start).where(trigger_start.c.id == key)).one()
    owner = find_accounts(conn, {row.owner_id})[row.owner_id]
    return Start(id=row.id, owner=owner, job=row.job, variables=row.variables, door=row.door, alias=row.alias)


def choose_alias(conn: Connection, key: int, *, door: str, mint: Callable[[], str]) -> str:
    """Keep under which alias, that no job of the door has, the job is to be made: the intent.

    One that was chosen stays, also when whoever asks has slept while another worker went on.
    """
    if there := chosen_alias(conn, key):
        return there
    alias = mint()
    while find_job(conn, door=door, alias=alias) is not None:
        alias = mint()
    conn.execute(update(trigger_start).where(trigger_start.c.id == key).values(door=door, alias=alias))
    return alias


def chosen_alias(conn: Connection, key: int) -> str:
    """Under which alias a start's job is to be made, or was; it stays so until this transaction ends."""
    chosen = select(trigger_start.c.alias).where(trigger_start.c.id == key).with_for_update()
    return str(conn.execute(chosen).scalar_one())


def rename_start(conn: Connection, key: int, alias: str) -> None:
    """Keep which alias a start's job has, of a door that numbers its jobs; in the transaction that makes the job."""
    conn.execute(update(trigger_start).where(trigger_start.c.id == key).values(alias=alias))


def end_start(conn: Connection, key: int, *, fault: str, at: int) -> None:
    """Keep what came of it: its job, or why there is none."""
    values = {"fault": fault[:MOST_FAULT], "ended_at": at}
    conn.execute(update(trigger_start).where(trigger_start.c.id == key).values(values))


def _trigger(row: Any) -> Trigger:
    spec = row.spec
    pairs = {key: tuple((name, value) for name, value in spec[key]) for key in ("patterns", "variables")}
    measured = tuple(spec.get("measured", ()))
    order = Order(**{**spec, **pairs, "rate": Rate(**spec["rate"]), "measured": measured})
    return Trigger(id=row.id, owner_id=row.owner_id, order=order, created_at=row.created_at, skipped=row.skipped)


def forget_starts(conn: Connection, *, before: int, most: int) -> int:
    """Delete some starts that were taken down before that time and came to their end; how many."""
    old = select(trigger_start.c.id).where(trigger_start.c.created_at < before, trigger_start.c.ended_at.is_not(None))
    ids = list(conn.execute(old.order_by(trigger_start.c.id).limit(most)).scalars())
    conn.execute(delete(trigger_start).where(trigger_start.c.id.in_(ids)))
    return len(ids)
