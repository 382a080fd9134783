"""Triggers: which measurements start which stored job, with which variables, and how often at most. Pure.

What is asked for is an Order: that of a standing trigger, or that of a ``submit`` rule in a job of the field.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dragoman.core.regexes import BadPattern
from dragoman.core.rules import Condition, Rule, RuleFault, compile_condition
from dragoman.core.rules.spans import read_span
from dragoman.core.series import is_allowed, series_test

Pairs = tuple[tuple[str, str], ...]

MOST_VARIABLES = 50
MOST_STARTS = 10_000
"""In one period."""
RATE, WITHIN = "rate", "within"
"""Parameters of a ``submit`` rule that are no variables."""

_RATE = re.compile(r"(\d{1,6})\s*/\s*(\d*)\s*([a-z]+)", re.ASCII)
_UNITS = (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1))
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
WORDS = ("value", "name", "time", "timestamp")
"""What a variable may hold of an event, beside its meta."""
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([A-Za-z0-9_.]*[A-Za-z0-9_]))?\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many starts in so many microseconds, at most."""

    most: int
    per: int


REMEMBERED_DAYS = 90
"""How long it is known which events have come: what was measured longer ago starts nothing, so that an event that comes
again later than that cannot start a second job. Rates look back no further."""
REMEMBERED = REMEMBERED_DAYS * 86_400_000_000
"""In microseconds."""
HOURLY = Rate(60, 3_600_000_000)
"""When nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which job is to be started, for which events."""

    job: str
    """``DOOR/ALIAS`` of a stored job of the owner's, or its alias alone."""
    patterns: Pairs = ()
    """By ``name`` or a key of meta, what a series has to fit."""
    condition: str = ""
    """In the grammar of rules; it sees one event. Empty: it always holds."""
    variables: Pairs = ()
    """By name, texts in which ``{value}``, ``{name}``, ``{time}``, ``{timestamp}`` and ``{meta.KEY}`` are filled in."""
    rate: Rate = HOURLY
    within: int | None = None
    """Microseconds: what was measured longer ago, when it comes here, starts nothing; None: REMEMBERED."""
    measured: tuple[str, ...] = ()
    """Of a rule: the measurements that its condition looks at; ``{NAME}`` in a variable is the last value of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An order that stands until it is removed. Times are microseconds since 1970, UTC."""

    id: int
    owner_id: int
    order: Order
    created_at: int
    skipped: int
    """How many events started nothing because of its rate."""

    @property
    def source(self) -> str:
        """How it is called among all that asks for starts."""
        return f"trigger {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerView:
    """A trigger, whose it is, and what came of it."""

    trigger: Trigger
    owner: str
    started: int
    """How many jobs, as long as they are remembered."""
    last: str
    """The last job, as ``DOOR/ALIAS``."""
    fault: str
    """Why the last event started none; empty: it did."""


def read_rate(text: str) -> Rate:
    """A rate such as ``10/h`` or ``1/15m``. Raises ValueError."""
    match = _RATE.fullmatch(text.strip().lower())
    per = read_span(f"{match[2] or 1}{match[3]}") if match else None
    if match is None or per is None or not 1 <= int(match[1]) <= MOST_STARTS:
        raise ValueError(f"{text!r} is no rate: write how many in which time, such as 10/h or 1/15m")
    if per > REMEMBERED:
        raise ValueError(f"{text!r} looks back too far: a rate may span at most {REMEMBERED_DAYS} days")
    return Rate(int(match[1]), per)


def write_rate(rate: Rate) -> str:
    """The inverse of ``read_rate``."""
    per, unit = next((rate.per // size, unit) for unit, size in _UNITS if rate.per % size == 0)
    return f"{rate.most}/{per if per > 1 else ''}{unit}"


def order_faults(order: Order) -> Iterator[str]:
    """All that is wrong with an order."""
    if not order.job or any(not part for part in order.job.split("/", 1)):
        yield "Name the job that is to be started: its id, or DOOR/ID."
    for key, pattern in order.patterns:
        if not _KEY.fullmatch(key):
            yield f"{key[:100]} is no key of meta."
        elif not pattern or not is_allowed(pattern):
            yield f"The pattern of {key} may have letters, digits, blanks and + - . _ * : | only."
    try:
        series_test(dict(order.patterns))
    except BadPattern as error:
        yield f"A pattern cannot be understood: {error}."
    try:
        compiled(order.condition)
    except RuleFault as fault:
        yield f"The condition cannot be understood: {fault}."
    yield from _variable_faults(order.variables, order.measured)


def _variable_faults(variables: Pairs, measured: tuple[str, ...]) -> Iterator[str]:
    if len(variables) > MOST_VARIABLES:
        yield f"There may be at most {MOST_VARIABLES} variables."
    for name, template in variables:
        if not _VARIABLE.fullmatch(name):
            yield f"A variable's name has letters, digits and underscores, and begins with no digit; not {name[:100]}."
        for place in PLACE.finditer(template):
            is_meta = place[1] == "meta" and _KEY.fullmatch(place[2] or "")
            if not is_meta and place[0][1:-1] not in {*WORDS, *measured}:
                known = ", ".join(f"{{{word}}}" for word in (*WORDS, "meta.KEY", *measured))
                yield f"{place[0]} is nothing of an event: there are {known}."


@lru_cache(512)
def compiled(condition: str) -> Condition:
    """A condition of which one value is as good as its truth: ``v('env.rain') > 3``. Raises RuleFault."""
    compile_condition(condition or "True")
    return compile_condition(f"bool({condition or 'True'})")


def order_of(rule: Rule) -> Order:
    """What a ``submit`` rule asks for. Raises ValueError; see ``order_faults`` for the rest."""
    named = {key: value for key, value in rule.parameters.items() if key not in {RATE, WITHIN}}
    within = rule.parameters.get(WITHIN)
    rate = rule.parameters.get(RATE)
    return Order(
        job=rule.object,
        variables=tuple(named.items()),
        rate=HOURLY if rate is None else read_rate(rate),
        within=None if within is None else read_within(within),
        measured=_measured(rule),
    )


def _measured(rule: Rule) -> tuple[str, ...]:
    try:
        return compile_condition(rule.condition).measured
    except RuleFault:
        return ()


def read_within(text: str) -> int:
    """Microseconds in a span such as ``1h``. Raises ValueError."""
    span = read_span(text)
    if span is None:
        raise ValueError(f"{text!r} is no span of time: write 10m, 1h or 2d")
    return span
