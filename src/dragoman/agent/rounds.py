"""Looks at every rule of every goal, and does what those ask for that hold; that it was done is written with it."""

import logging
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dragoman.agent.events import plugin_event, submit_event
from dragoman.agent.intake import UPLOAD
from dragoman.agent.plate import Plate
from dragoman.agent.read_goals import EdgeGoal, Task
from dragoman.core.edge import NewFiring, Scope, Told
from dragoman.core.measurements import name_fault
from dragoman.core.rules import Action, Point, RuleFault
from dragoman.store import Connection
from dragoman.store.edge import firings, goals, outbox, readings

log = logging.getLogger(__name__)

SECOND = 1_000_000
SCOPES: Mapping[str, Scope] = {"all": Scope.ALL, "node": Scope.NODE, "beehive": Scope.CENTRE, "cloud": Scope.CENTRE}
"""The words that ``publish(…, to=…)`` knows."""
PATIENCE = 10 * SECOND
LONGEST = 600 * SECOND
"""After failures in a row, a rule that is no schedule waits: twice as long each time, and never longer than this."""
_LETTERS = string.ascii_lowercase + string.digits

Marks = Mapping[tuple[str, str], tuple[int | None, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A rule that was looked at."""

    task: Task
    holds: bool
    tick: int | None
    held: bool
    """Whether it held the last time."""
    looked: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    """The values that it looked at, by measurement."""


@dataclass(slots=True)
class Moment:
    """What one rule may know of the node now; see core.rules.Lookup."""

    conn: Connection
    now: int
    served: int | None
    successes: Mapping[str, int]
    seen: dict[Any, Sequence[Point]] = field(default_factory=dict)
    """Shared by the rules of a round: many ask for the same."""
    looked: dict[str, Sequence[Point]] = field(default_factory=dict)
    """What this rule has asked for, by measurement."""

    def points(self, name: str, since: int, meta: Mapping[str, str]) -> Sequence[Point]:
        """The values of a measurement since then, oldest first."""
        key = (name, since, tuple(sorted(meta.items())))
        if key not in self.seen:
            until = self.now * 1000 + 999
            self.seen[key] = readings.find_points(self.conn, name, since=since * 1000, until=until, meta=meta)
        found = self.seen[key]
        before = self.looked.get(name)
        self.looked[name] = sorted({*before, *found}, key=lambda one: one.at) if before else found
        return found

    def last_success(self, program: str) -> int | None:
        """When a plugin of that name last ended well, on the whole node."""
        return self.successes.get(program)


def look(conn: Connection, tasks: Sequence[Task], *, now: int) -> list[Held]:
    """Whether each rule holds at this moment; one that cannot be told does not."""
    marks, successes = goals.rule_marks(conn), firings.last_successes(conn)
    seen: dict[Any, Sequence[Point]] = {}
    return [_look(Moment(conn, now, None, successes, seen), task, marks) for task in tasks]


def _look(moment: Moment, task: Task, marks: Marks) -> Held:
    moment.served, held = marks.get((task.job, task.rule.text), (None, False))
    try:
        verdict = task.condition.evaluate(moment)
    except RuleFault as fault:
        log.debug("rule of job %s: %s: %s", task.job, task.rule.text, fault)
        return Held(task=task, holds=False, tick=None, held=held)
    except Exception:  # one rule that nobody has foreseen must not stop all others
        log.exception("rule of job %s: %s", task.job, task.rule.text)
        return Held(task=task, holds=False, tick=None, held=held)
    return Held(task=task, holds=verdict.holds, tick=verdict.tick, held=held, looked=moment.looked)


def act(
    conn: Connection, found: Sequence[Held], known: Mapping[str, EdgeGoal], plate: Plate, *, now: int
) -> list[Told]:
    """Do what the rules that hold ask for; what is to be told of it, which is in the outbox already."""
    told: list[Told] = []
    for one in found:
        if one.holds:
            told += _ACTIONS[one.task.rule.action](conn, one, known[one.task.goal], plate, now)
        if one.holds != one.held or one.tick is not None:
            _mark(conn, one)
    outbox.tell(conn, told, at=now)
    return told


def _mark(conn: Connection, one: Held) -> None:
    # A schedule whose plugin still runs is served as soon as that has ended; ``_schedule`` says when it is.
    served = None if one.task.rule.action is Action.SCHEDULE else one.tick
    goals.mark_rule(conn, one.task.job, one.task.rule.text, served=served, held=one.holds)


def _schedule(conn: Connection, one: Held, goal: EdgeGoal, plate: Plate, now: int) -> list[Told]:
    task = one.task
    plugin = goal.plugins[task.rule.object]
    if one.tick is None and _waits(conn, task, now):
        return []
    new = NewFiring(
        goal=goal.alias,
        job=goal.job,
        plugin=plugin.name,
        pod=f"{plugin.name}-{''.join(secrets.choice(_LETTERS) for _ in range(6))}",
        app=secrets.token_hex(16),
        reason=f"triggered by {task.rule.condition}",
        spec=asdict(plugin),
    )
    if firings.queue_firing(conn, new, at=now) is None:
        return []
    if one.tick is not None:
        goals.mark_rule(conn, task.job, task.rule.text, served=one.tick, held=True)
    return [plugin_event("queued", new, plate, at=now, reason=new.reason)]


def _waits(conn: Connection, task: Task, now: int) -> bool:
    """Whether it is too soon after its last failure."""
    count, last = firings.failures_in_a_row(conn, task.job, task.rule.object)
    # A clock that was set back is no reason to wait for the old time.
    return bool(count) and last - LONGEST < now < last + min(PATIENCE * (1 << count), LONGEST)


def _publish(_: Connection, one: Held, __: EdgeGoal, plate: Plate, now: int) -> list[Told]:
    rule = one.task.rule
    if why := name_fault(rule.object) or (rule.object == UPLOAD and "This name is for uploads."):
        log.warning("job %s cannot publish %s: %s", one.task.job, rule.object[:100], why)
        return []
    value = rule.parameters.get("value", 1.0)
    scope = SCOPES.get(rule.parameters.get("to", "all"), Scope.ALL)
    return [Told(measurement=plate.stamp(now, rule.object, value), scope=scope)]


def _set(conn: Connection, one: Held, _: EdgeGoal, __: Plate, now: int) -> list[Told]:
    readings.keep_value(conn, one.task.rule.object, one.task.rule.parameters.get("value", 1.0), at=now)
    return []


def _submit(_: Connection, one: Held, __: EdgeGoal, plate: Plate, now: int) -> list[Told]:
    """Once for each tick, and else once whenever it begins to hold."""
    if one.tick is None and one.held:
        return []
    return [submit_event(one.task, one.looked, plate, at=now)]


_ACTIONS = {Action.SCHEDULE: _schedule, Action.PUBLISH: _publish, Action.SET: _set, Action.SUBMIT: _submit}
