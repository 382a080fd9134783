"""The functions of conditions, as their documentation has them; each takes the scene and what it was called with. Pure.

Where the original does otherwise than it says, and which of the two we do, is told in docs/dialects/sage.md#rules.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.core.rules.arrays import COMPARISONS, Array, apply, array, bounded, deviation, mean, total, truth
from dragoman.core.rules.fault import RuleFault
from dragoman.core.rules.rates import rates
from dragoman.core.rules.scene import Scene
from dragoman.core.rules.spans import MINUTE, SECOND, read_span
from dragoman.core.rules.ticks import check_schedule, last_tick

MOST_VALUES = 100_000
"""In one array."""
UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")

Function = Callable[..., Any]


def _span(text: object, what: str) -> int:
    span = read_span(text) if isinstance(text, str) else None
    if span is None:
        raise RuleFault(f"{what} must be a span of time such as '-5m', not {text!r}")
    return span


def _name(text: object, what: str) -> str:
    if not isinstance(text, str):
        raise RuleFault(f"{what} must be given as text, not as {text!r}")
    return text


def values(scene: Scene, name: object, since: object = "-1m", last: object = False, **meta: object) -> Array:
    """``v``: the values of a measurement. Raises RuleFault when there are none, so that the rule does not fire."""
    measurement = _name(name, "the name of a measurement")
    wanted = {key: str(value) for key, value in meta.items()}
    from_ = scene.lookup.now - _span(since, "since")
    found = [point.value for point in scene.lookup.points(measurement, from_, wanted)]
    scene.spend(len(found))
    if not found:
        raise RuleFault(f"no data for {measurement} with meta {wanted} found")
    return array(found[-1:] if truth(last) else found[-MOST_VALUES:])


def rate(
    scene: Scene, name: object, since: object = "-1m", window: object = "1s", unit: object = "1s", **meta: object
) -> Array:
    """``rate``: by how much a counter rises per ``unit``, in each ``window`` that has values."""
    measurement = _name(name, "the name of a measurement")
    from_ = scene.lookup.now - _span(since, "since")
    points = scene.lookup.points(measurement, from_, {key: str(value) for key, value in meta.items()})
    scene.spend(len(points))
    return array(rates(points, window=_span(window, "window"), unit=_span(unit, "unit"))[-MOST_VALUES:])


def time(scene: Scene, unit: object) -> int:
    """``time``: a part of the date and time, UTC."""
    if unit not in UNITS:
        raise RuleFault(f"{unit} is not supported for time()")
    now = datetime.fromtimestamp(scene.lookup.now // SECOND, UTC)
    return scene.lookup.now % SECOND if unit == "microsecond" else int(getattr(now, str(unit)))


def cronjob(scene: Scene, program: object, expr: object) -> bool:
    """``cronjob``: whether a tick is less than a minute old, and, for a program, not served by this rule already."""
    tick = last_tick(check_schedule(expr), scene.lookup.now)
    if scene.lookup.now - tick >= MINUTE:
        return False
    if not program:
        return True
    served = scene.lookup.served
    # One that was served long after now was served by a clock that was wrong, and has been set back.
    if served is not None and tick <= served <= scene.lookup.now + MINUTE:
        return False
    scene.tick = tick if scene.tick is None else max(tick, scene.tick)
    return True


def after(scene: Scene, program: object, since: object = None) -> bool:
    """``after``: whether a program has ended well: lately, more lately than another, or more than so many seconds ago.

    Runs are looked for in the last minute, and for so many seconds, in the minute before those.
    """
    if since is not None and (isinstance(since, bool) or not isinstance(since, str | int)):
        raise RuleFault("since parameter must be a plugin name or positive integer")
    seconds = since if isinstance(since, int) and since >= MINUTE // SECOND else 0
    from_ = scene.lookup.now - MINUTE - seconds * SECOND
    ended = _lately(scene, _name(program, "the name of a plugin"), from_)
    if ended is None or since is None:
        return ended is not None
    if isinstance(since, int):
        return scene.lookup.now - ended > since * SECOND
    other = _lately(scene, since, from_)
    return other is None or ended > other


def _lately(scene: Scene, program: str, from_: int) -> int | None:
    ended = scene.lookup.last_success(program)
    return ended if ended is not None and ended >= from_ else None


def _listed(scene: Scene, value: object, function: str) -> tuple[Any, ...]:
    if not isinstance(value, Array | list | tuple):
        raise RuleFault(f"{function}() is for the values of a measurement or a list, not for {value!r}")
    scene.spend(len(value))
    return tuple(value)


def _extreme(word: str, comparison: str) -> Function:
    def pick(scene: Scene, *given: object) -> Any:
        items = _listed(scene, given[0], word) if len(given) == 1 else given
        if not items:
            raise RuleFault(f"{word}() arg is an empty sequence")
        best = items[0]
        for item in items[1:]:
            if truth(apply(COMPARISONS[comparison], item, best)):
                best = item
        return best

    return pick


def _of_list(word: str, fn: Callable[[tuple[Any, ...]], Any]) -> Function:
    return lambda scene, value: fn(_listed(scene, value, word))


def _of_number(word: str, fn: Callable[..., Any]) -> Function:
    def call(scene: Scene, value: object, *more: object) -> Any:
        if isinstance(value, Array) and word == "abs":
            scene.spend(len(value))
            return Array(tuple(call(scene, item) for item in value))
        try:
            return bounded(fn(value, *more))
        except (TypeError, ValueError, OverflowError) as error:
            raise RuleFault(f"{word}() cannot be had of {value!r}"[:200]) from error

    return call


def _length(scene: Scene, value: object) -> int:
    return len(value) if isinstance(value, str) else len(_listed(scene, value, "len"))


FUNCTIONS: Mapping[str, Function] = {
    "v": values,
    "avg": lambda scene, value: mean(_listed(scene, value, "avg")),
    "rate": rate,
    "time": time,
    "cronjob": cronjob,
    "after": after,
    "any": _of_list("any", lambda items: any(truth(item) for item in items)),
    "all": _of_list("all", lambda items: all(truth(item) for item in items)),
    "sum": _of_list("sum", total),
    "max": _extreme("max", "Gt"),
    "min": _extreme("min", "Lt"),
    "len": _length,
    "abs": _of_number("abs", abs),
    "round": _of_number("round", round),
    "int": _of_number("int", int),
    "float": _of_number("float", float),
    "bool": lambda _, value: truth(value),
}
"""By name. There is no other."""

METHODS: Mapping[str, Function] = {
    "mean": _of_list("mean", mean),
    "std": _of_list("std", deviation),
    **{word: FUNCTIONS[word] for word in ("any", "all", "sum", "max", "min")},
}
"""What can be called on an array, such as ``v('x').mean()``."""
