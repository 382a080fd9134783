"""Starts: the jobs that are to be started because of events, made by triggers and ``submit`` rules. Pure."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from dragoman.core.instants import write_instant
from dragoman.core.measurements import Measurement, meta_text
from dragoman.core.rules import Point, RuleFault
from dragoman.core.rules.lookup import Scalar
from dragoman.core.series import series_test
from dragoman.core.things import Account
from dragoman.core.triggers import PLACE, REMEMBERED, Order, Pairs, Rate, Trigger, compiled

MOST_CHARACTERS = 16_384
"""Of a variable: a program's environment takes no more than 128 KiB in one. Longer values are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStart:
    """A job that is to be started because of an event."""

    source: str
    """What asks for it: one trigger or rule."""
    event: str
    """Which event it is: for each source, one start of each."""
    owner_id: int
    job: str
    variables: Mapping[str, str]
    rate: Rate
    trigger_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One that was taken down. Its job's alias is chosen before anything is done, and so it is started once."""

    id: int
    owner: Account
    job: str
    variables: Mapping[str, str]
    door: str
    alias: str
    """Of the job that is made, in that door; empty: not chosen yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A job that is to be made of a stored one, and started."""

    owner: Account
    of: str
    """The alias of the stored one."""
    alias: str
    variables: Mapping[str, str]
    start_id: int


Starter = Callable[[Copy], Awaitable[None]]
"""Makes and starts a copy of a job in one door; nothing, when it was made before. Raises Problems."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a condition may look up: one event."""

    event: Measurement

    @property
    def now(self) -> int:
        return self.event.at // 1000

    @property
    def served(self) -> int | None:
        return None

    def points(self, name: str, since: int, meta: Mapping[str, str]) -> Sequence[Point]:
        event = self.event
        is_it = name == event.name and since <= self.now and meta.items() <= event.meta.items()
        return [Point(self.now, event.value)] if is_it else []

    def last_success(self, _program: str) -> int | None:
        return None


def starts_of(
    standing: Sequence[Trigger], told: Sequence[tuple[int, Measurement]], *, now: int
) -> list[tuple[int, NewStart]]:
    """What triggers make of numbered events that come in; ``now`` in microseconds."""
    tests = [(trigger, _test(trigger.order.patterns)) for trigger in standing]
    # Events of a batch share their metas, so each series is looked at once.
    chosen: dict[tuple[str, int], list[Trigger]] = {}
    found = []
    for number, event in told:
        key = (event.name, id(event.meta))
        if key not in chosen:
            chosen[key] = [trigger for trigger, fits in tests if fits(event.name, event.meta)]
        met = (trigger for trigger in chosen[key] if is_met(trigger.order, event, now=now))
        found += [(number, _start_by(trigger, event)) for trigger in met]
    return found


def _start_by(trigger: Trigger, event: Measurement) -> NewStart:
    owner_id, trigger_id = trigger.owner_id, trigger.id
    return new_start(trigger.order, event, source=trigger.source, owner_id=owner_id, trigger_id=trigger_id)


@lru_cache(512)
def _test(patterns: Pairs) -> Callable[[str, Mapping[str, str]], bool]:
    return series_test(dict(patterns))


def is_met(order: Order, event: Measurement, *, now: int) -> bool:
    """Whether an event of a series that fits is new enough, and the condition holds for it."""
    within = REMEMBERED if order.within is None else min(order.within, REMEMBERED)
    if event.at // 1000 < now - within:
        return False
    try:
        return not order.condition or compiled(order.condition).evaluate(_Moment(event)).holds
    except RuleFault:
        return False


def new_start(
    order: Order, event: Measurement, *, source: str, owner_id: int, trigger_id: int | None = None
) -> NewStart:
    """The start that an order asks for because of an event."""
    known, looked = _known(event), _looked_at(order, event)
    last = {name: str(points[-1][1]) for name, points in looked.items()}
    return NewStart(
        source=source,
        event=sha256(f"{event.at} {event.name} {meta_text(event.meta)}".encode()).hexdigest(),
        owner_id=owner_id,
        job=order.job,
        variables={
            **{f"DRAGOMAN_EVENT_{word.upper()}": text[:MOST_CHARACTERS] for word, text in known.items()},
            **({"DRAGOMAN_EVENT_VALUES": _values(looked)} if order.measured else {}),
            **{name: _filled(template, last | known, event)[:MOST_CHARACTERS] for name, template in order.variables},
        },
        rate=order.rate,
        trigger_id=trigger_id,
    )


def _known(event: Measurement) -> dict[str, str]:
    return {
        "value": str(event.value),
        "name": event.name,
        "time": write_instant(event.at),
        "timestamp": str(event.at),
        "meta": meta_text(event.meta),
    }


def _looked_at(order: Order, event: Measurement) -> dict[str, list[tuple[int, Scalar]]]:
    """The values that a rule looked at when it began to hold, by measurement, as the node tells them: data, no more."""
    try:
        told = json.loads(event.value) if order.measured and isinstance(event.value, str) else {}
    except (ValueError, RecursionError):
        return {}
    values = told.get("values") if isinstance(told, dict) else None
    found = {name: _points(values.get(name)) for name in order.measured} if isinstance(values, dict) else {}
    return {name: points for name, points in found.items() if points}


def _points(told: object) -> list[tuple[int, Scalar]]:
    pairs = [one for one in told if isinstance(one, list) and len(one) == 2] if isinstance(told, list) else []
    return [(at, value) for at, value in pairs if type(at) is int and isinstance(value, Scalar)]


def _values(looked: Mapping[str, Sequence[tuple[int, Scalar]]]) -> str:
    """As JSON; only the last of each when all are too long for a variable."""
    whole = json.dumps(looked, separators=(",", ":"))
    return whole if len(whole) <= MOST_CHARACTERS else json.dumps({name: some[-1:] for name, some in looked.items()})


def _filled(template: str, known: Mapping[str, str], event: Measurement) -> str:
    def fill(place: re.Match[str]) -> str:
        word = place[0][1:-1]
        return known[word] if word in known else event.meta.get(place[2] or "", "") if place[1] == "meta" else ""

    return PLACE.sub(fill, template)
